import assert from "node:assert/strict";
import { test } from "node:test";
import { secretChannel, usesSecretManager } from "../../src/config/channel-secrets.ts";
import type { Channel, Message } from "../../src/ports.ts";

const MESSAGE = { notice_id: "n" } as Message;

test("a secret is fetched when there is something to tell, and the channel is opened once for each value", async () => {
  const settings = { kind: "slack", webhook_url: "sm://slack", inner: { list: ["a", "sm://b"] } };
  const values: Record<string, string> = { "sm://slack": "one", "sm://b": "B" };
  const asked: string[] = [];
  const opened: unknown[] = [];
  const channel = secretChannel({
    name: "lab",
    settings,
    readSecret: async (reference) => {
      asked.push(reference);
      return values[reference]!;
    },
    open: (filled) => {
      opened.push(filled);
      const value = {
        recipients: ["lab"],
        paceMilliseconds: 7,
        deliver: async () => ({ kind: "delivered" }),
      };
      return { kind: "ready", value: value as unknown as Channel };
    },
  });
  assert.deepEqual(
    [channel.kind, channel.recipients, channel.paceMilliseconds, asked],
    ["slack", ["lab"], 1000, []],
  );
  for (let time = 0; time < 2; time++)
    assert.deepEqual(await channel.deliver(MESSAGE, "lab"), { kind: "delivered" });
  assert.deepEqual(opened, [{ kind: "slack", webhook_url: "one", inner: { list: ["a", "B"] } }]);
  assert.equal(channel.paceMilliseconds, 7);
  values["sm://slack"] = "two";
  await channel.deliver(MESSAGE, "lab");
  assert.equal(opened.length, 2, "a rotated secret is taken over");
});

test("a channel whose secret cannot be read, or does not fit, refuses with the reason and is tried again", async () => {
  const deliver = (open: () => { kind: "unusable"; reason: string }, fails: boolean) =>
    secretChannel({
      name: "lab",
      settings: { kind: "email", password: "sm://smtp", to: ["pi@lab.org", "me@lab.org"] },
      readSecret: async () => {
        if (fails) throw new Error("the secret sm://smtp cannot be read: there is no such secret");
        return "x";
      },
      open,
    });
  const unfit = () => ({
    kind: "unusable" as const,
    reason: "channel lab (email): password: not what is expected",
  });
  assert.deepEqual(deliver(unfit, true).recipients, ["pi@lab.org", "me@lab.org"]);
  assert.deepEqual(await deliver(unfit, true).deliver(MESSAGE, "pi@lab.org"), {
    kind: "rejected",
    reason: "channel lab (email): the secret sm://smtp cannot be read: there is no such secret",
    after_seconds: 300,
  });
  const told = await deliver(unfit, false).deliver(MESSAGE, "pi@lab.org");
  assert.equal(
    told.kind === "rejected" && told.reason,
    "channel lab (email): password: not what is expected",
  );
});

test("settings name a secret at any depth", () => {
  assert.equal(usesSecretManager({ kind: "x", a: [{ b: "sm://c" }] }), true);
  assert.equal(usesSecretManager({ kind: "x", a: "https://sm://", b: null, c: 1 }), false);
});

test("addresses that a variable or a secret gives are told each by itself, once they are known", async () => {
  for (const to of [`\${PI_MAIL}`, "sm://pi-mail"]) {
    const told: string[] = [];
    const value = {
      recipients: ["pi@lab.org"],
      deliver: async (_: Message, recipient: string) => {
        told.push(recipient);
        return { kind: "delivered" };
      },
    };
    const channel = secretChannel({
      name: "pi",
      settings: { kind: "email", url: "sm://smtp", to: [to] },
      readSecret: async () => "x",
      open: () => ({ kind: "ready", value: value as unknown as Channel }),
    });
    assert.deepEqual(channel.recipients, ["pi"]);
    assert.partialDeepStrictEqual(await channel.deliver(MESSAGE, "pi"), { kind: "rejected", alone: true });
    assert.deepEqual(channel.recipients, ["pi@lab.org"]);
    await channel.deliver(MESSAGE, "pi@lab.org");
    assert.deepEqual(told, ["pi@lab.org"]);
  }
});

test("a test for addresses that nobody knew is one notice, told to each of them, and ends with the first refusal", async () => {
  const told: string[] = [];
  const value = {
    recipients: ["pi@lab.org", "gone@lab.org", "me@lab.org"],
    deliver: async (_: Message, recipient: string) => {
      told.push(recipient);
      if (recipient === "gone@lab.org") return { kind: "permanent", reason: "no such user", disable: false };
      return { kind: "delivered" };
    },
  };
  const channel = secretChannel({
    name: "pi",
    settings: { kind: "email", url: "sm://smtp", to: ["sm://people"] },
    readSecret: async () => "x",
    open: () => ({ kind: "ready", value: value as unknown as Channel }),
  });
  const outcome = await channel.deliver({ ...MESSAGE, test: true }, "pi");
  assert.partialDeepStrictEqual(outcome, { kind: "permanent", reason: "no such user" });
  assert.deepEqual(told, ["pi@lab.org", "gone@lab.org"]);
  value.recipients = ["pi@lab.org"];
  assert.deepEqual(await channel.deliver({ ...MESSAGE, test: true }, "pi"), { kind: "delivered" });
});
