import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { EVENT_NAMES } from "../../../src/cli/commands/notify.ts";
import { NOTICE_EVENTS } from "../../../src/core/run.ts";
import { startSlackServer } from "../../support/slack-server.ts";
import { cli, folder, json } from "../support/cli.ts";
import { ago, seedStore } from "./seeded-store.ts";

const CONFIG = `channels:
  lab: { kind: slack, webhook_url: "\${HOOK}" }
  phone: { kind: imessage, via: bridge }
`;

test("the events that the command line names are those of the core", () => {
  assert.deepEqual(EVENT_NAMES, NOTICE_EVENTS);
});

suite("notify test", { concurrency: 2 }, () => {
  test("every event can be tried, and arrives marked as a test", async (t) => {
    const cwd = await folder(t);
    for (const event of NOTICE_EVENTS) {
      const { code, stdout } = await cli(["notify", "test", "console", "--event", event], { cwd });
      assert.equal(code, 0, event);
      assert.match(
        stdout,
        /^🧬 BioAgent \w+ \w+\nRun: [\s\S]*\(test message\)\nchannel console: delivered\n$/,
      );
    }
  });

  test("a disabled channel works again once a test has arrived, and is told what was given up meanwhile", async (t) => {
    const server = await startSlackServer();
    t.after(() => server.close());
    const cwd = await folder(t, { "bioagent.yaml": CONFIG });
    const env = { HOOK: server.webhookUrl, BIOAGENT_ALLOW_PRIVATE_URLS: "true" };
    const disabled = { reason: "Slack answered 404 no_service.", since: ago(60) };
    await seedStore(
      cwd,
      [{ channel: "lab", recipient: "lab", status: "failed", next_at: null }],
      [{ channel: "lab", disabled }],
    );
    server.script({ status: 404, body: "no_service" });
    const refused = await cli(["notify", "test", "lab"], { cwd, env });
    assert.equal(refused.code, 1);
    assert.match(
      refused.stderr,
      /^bioagent: channel lab: refused for good: Slack answered 404 no_service: .* create a new one and set it as webhook_url of channel lab \(HOOK\)$/m,
    );
    assert.equal(((await json(["notices"], { cwd, env }))["disabled"] as unknown[]).length, 1);
    const { code, stdout } = await cli(["notify", "test", "lab"], { cwd, env });
    assert.equal(code, 0);
    assert.equal(
      stdout,
      "channel lab: delivered\nchannel lab was disabled, and works again\n1 notice given up meanwhile: bioagent notify retry --all-failed sends them again\n",
    );
    assert.deepEqual((await json(["notices"], { cwd, env }))["disabled"], []);
    const again = await json(["notify", "test", "lab"], { cwd, env });
    assert.deepEqual([again["delivered"], again["enabled"]], [true, false]);
  });

  test("a channel that a bridge tells is not tried from here, and what can be done is said", async (t) => {
    const cwd = await folder(t, { "bioagent.yaml": CONFIG });
    const { code, stderr } = await cli(["notify", "test", "phone"], { cwd });
    assert.equal(code, 2);
    assert.match(
      stderr,
      /^bioagent: channel phone is not told from here: a bridge fetches .*bioagent bridge imessage --channel phone --check/,
    );
  });
});
