import assert from "node:assert/strict";
import { test } from "node:test";
import { secretChannel } from "../../src/config/channel-secrets.ts";
import { nameSources } from "../../src/config/name-sources.ts";
import type { Channel, Delivery, Message } from "../../src/ports.ts";

const broken = (reason: string): Delivery => ({ kind: "permanent", reason, disable: true });
const settings = {
  kind: "slack",
  webhook_url: `\${SLACK_WEBHOOK_URL}`,
  url: `\${USER}:\${PASSWORD}@lab`,
  to: [`\${A}`, "b"],
};

test("a setting that must be changed is told with the variables that it comes from", () => {
  const named = (reason: string) => nameSources(broken(reason), "lab", settings);
  assert.deepEqual(
    named("Slack answered 404: create a new one and set it as webhook_url of channel lab; it is gone"),
    broken(
      "Slack answered 404: create a new one and set it as webhook_url of channel lab (SLACK_WEBHOOK_URL); it is gone",
    ),
  );
  assert.deepEqual(
    named("see url of channel lab, and to of channel lab"),
    broken("see url of channel lab (USER, PASSWORD), and to of channel lab (A)"),
  );
});

test("nothing is named for another channel, another setting, a setting that is written out, or twice", () => {
  const reasons = [
    "see url of channel lab2",
    "see url of channel lab-b",
    "see api_url of channel lab",
    "see kind of channel lab",
    "see url of channel lab (USER, PASSWORD)",
  ];
  for (const reason of reasons)
    assert.deepEqual(nameSources(broken(reason), "lab", settings), broken(reason), reason);
  assert.deepEqual(nameSources({ kind: "delivered" }, "lab", settings), { kind: "delivered" });
});

test("a secret of Secret Manager is named as it is written", async () => {
  const channel = secretChannel({
    name: "lab",
    settings: { kind: "slack", webhook_url: "sm://bioagent-slack" },
    readSecret: async () => "https://hooks.slack.com/s3cret",
    open: () => {
      const value = {
        recipients: ["lab"],
        deliver: async () => broken("the webhook_url of channel lab is wrong"),
      };
      return { kind: "ready", value: value as unknown as Channel };
    },
  });
  assert.deepEqual(
    await channel.deliver({ notice_id: "n" } as Message, "lab"),
    broken("the webhook_url of channel lab (sm://bioagent-slack) is wrong"),
  );
});
