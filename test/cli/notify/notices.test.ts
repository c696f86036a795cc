import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type { Notice } from "../../../src/core/notice.ts";
import { cli, folder, json } from "../support/cli.ts";
import { ago, seedStore } from "./seeded-store.ts";

const CONFIG = `channels:
  lab: { kind: slack, webhook_url: "https://hooks.slack.com/services/T/B/x" }
  phone: { kind: imessage, via: bridge }
  pi: { kind: slack, webhook_url: "\${PI_URL}" }
`;
const GONE = "Slack answered 404 no_service: the webhook was removed.";

const pending = (channel: string, fields: Partial<Notice> = {}): Partial<Notice> => ({
  channel,
  recipient: channel,
  created_at: ago(60),
  next_at: ago(30),
  ...fields,
});

/** Forty wait for Slack, two for the bridge, one for a channel that cannot be used here; one was given up, one sent. */
const SEEDED = [
  ...Array.from({ length: 40 }, () => pending("lab")),
  pending("phone", { created_at: ago(7_200) }),
  pending("phone"),
  pending("pi"),
  pending("lab", { status: "failed", next_at: null, tries: 3, error: GONE }),
  pending("console", { status: "sent", next_at: null, sent_at: ago(50), tries: 1 }),
];

suite("notices", { concurrency: 2 }, () => {
  test("below the list stands what waits on each channel, and when the last of it is told", async (t) => {
    const cwd = await folder(t, { "bioagent.yaml": CONFIG });
    await seedStore(cwd, SEEDED);
    const { stdout } = await cli(["notices"], { cwd });
    assert.match(stdout, /^CREATED.* CHANNEL +STATUS +TRIES +DUE +ERROR$/m);
    assert.match(stdout, / lab +failed +3 +Slack answered 404 no_service/);
    assert.match(stdout, / lab +pending +0 +now$/m);
    assert.match(stdout, /^lab: 40 notices wait; the last is told in about 39 s$/m);
    assert.match(
      stdout,
      /^phone: 2 notices wait; the oldest for 2 h: told when the bridge on its Mac fetches them$/m,
    );
    assert.match(
      stdout,
      /^pi: 1 notice waits; the oldest for 1 min.*: channel pi \(slack\): the variable PI_URL is not set/m,
    );
    assert.match(
      stdout,
      /^Send them again:\n {2}bioagent notify retry '\S+~n43'\n {2}bioagent notify retry --all-failed$/m,
    );
  });

  test("--failed, --pending and --channel choose; the two that exclude each other are refused", async (t) => {
    const cwd = await folder(t, { "bioagent.yaml": CONFIG });
    const run = await seedStore(cwd, SEEDED);
    const list = async (...args: string[]): Promise<string[]> => {
      const { notices } = (await json(["notices", ...args], { cwd })) as { notices: Notice[] };
      return notices.map(({ channel, status }) => `${channel} ${status}`);
    };
    assert.deepEqual(await list("--failed"), ["lab failed"]);
    assert.deepEqual(await list("--channel", "phone"), ["phone pending", "phone pending"]);
    assert.equal((await list("--pending")).length, 43);
    assert.equal((await list(run, "--pending", "--channel", "lab")).length, 40);
    assert.match(
      (await cli(["notices", "--limit", "5"], { cwd })).stdout,
      /^The newest 5; --limit shows more\.$/m,
    );
    const { backlog } = await json(["notices", "--channel", "phone"], { cwd });
    assert.deepEqual(
      (backlog as { channel: string }[]).map(({ channel }) => channel),
      ["phone"],
    );
    const both = await cli(["notices", "--failed", "--pending"], { cwd });
    assert.equal(both.code, 2);
    const none = await cli(["notices", "--channel", "labb"], { cwd });
    assert.deepEqual(
      [none.code, none.stderr],
      [2, "bioagent: there is no channel labb; did you mean lab?\n"],
    );
  });

  test("when it is due: what a provider put off, and what another process sends", async (t) => {
    const cwd = await folder(t, { "bioagent.yaml": CONFIG });
    await seedStore(cwd, [
      pending("console", { next_at: ago(-3_600) }),
      pending("lab", { next_at: ago(-100), status: "sending", tries: 1 }),
    ]);
    const { stdout } = await cli(["notices"], { cwd });
    assert.match(stdout, / console +pending +0 +in (?:1 h|59 min \d+ s)$/m);
    assert.match(stdout, / lab +sending +1 +again in 1 min \d+ s$/m);
  });

  test("a disabled channel is named with its reason, and with what enables it again", async (t) => {
    const cwd = await folder(t, { "bioagent.yaml": CONFIG });
    const since = ago(100);
    await seedStore(
      cwd,
      [pending("lab")],
      [
        { channel: "lab", disabled: { reason: GONE, since } },
        { channel: "phone", disabled: { reason: "Messages is signed out.", since } },
      ],
    );
    const { stdout } = await cli(["notices"], { cwd });
    assert.match(
      stdout,
      /^lab is disabled: .*webhook was removed\. Mend it, then: bioagent notify test lab$/m,
    );
    assert.match(stdout, /^phone is disabled: .* then: bioagent bridge imessage --channel phone --check$/m);
    assert.match(
      stdout,
      /^lab: 1 notice waits; .*: the channel is disabled, and they are given up with the next pass$/m,
    );
    const { backlog, disabled } = await json(["notices"], { cwd });
    assert.deepEqual((disabled as unknown[])[0], {
      channel: "lab",
      reason: GONE,
      since,
      remedy: "bioagent notify test lab",
    });
    assert.deepEqual(
      (backlog as { channel: string; waiting: number; last_told_at: unknown }[]).map((each) => [
        each.channel,
        each.waiting,
        each.last_told_at,
      ]),
      [["lab", 1, null]],
    );
  });
});
