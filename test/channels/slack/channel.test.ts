import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { openSlack } from "../../../src/channels/slack/channel.ts";
import { SlackConfig } from "../../../src/channels/slack/config.ts";
import { startSlackServer } from "../../support/slack-server.ts";
import { BOT_TOKEN } from "../../support/slack-workspace.ts";
import { message } from "../notice-stories.ts";

const deps = { write: () => assert.fail(), allowPrivateUrls: true };

test("a bot follows a run unless it is told not to; a webhook cannot", () => {
  const follows = (settings: object) =>
    openSlack("lab", SlackConfig.parse({ kind: "slack", ...settings }), deps).follows ?? false;
  const bot = { bot_token: BOT_TOKEN, channel: "#runs" };
  assert.deepEqual(
    [follows(bot), follows({ ...bot, live: true }), follows({ ...bot, live: false })],
    [true, true, false],
  );
  assert.equal(follows({ webhook_url: "https://hooks.slack.com/services/x" }), false);
});

test("without live updates every notice is a post of its own, and nothing is kept", async (t) => {
  const server = await startSlackServer();
  t.after(() => server.close());
  const settings = {
    kind: "slack",
    bot_token: BOT_TOKEN,
    channel: "runs",
    live: false,
    api_url: server.apiUrl,
  };
  const channel = openSlack("lab", SlackConfig.parse(settings), deps);
  for (const event of ["run.started", "job.skipped", "run.completed"] as const) {
    assert.deepEqual(await channel.deliver(message(event), "lab"), { kind: "delivered" });
  }
  assert.deepEqual(
    server.workspace.posted.map(({ thread_ts, edits }) => [thread_ts, edits]),
    [
      [null, 0],
      [null, 0],
      [null, 0],
    ],
  );
});

test("Slack's Web API client is loaded only when a bot tells something, and prints nothing", () => {
  const code = `
    import { registerHooks } from "node:module";
    const loaded = [];
    registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) });
    const { openSlack } = await import("./src/channels/slack/channel.ts");
    const settings = { kind: "slack", bot_token: "xoxb-abcdefgh", channel: "c", api_url: "http://127.0.0.1:1/" };
    const channel = openSlack("lab", settings, { write: () => {}, allowPrivateUrls: true });
    const count = () => loaded.filter((url) => url.includes("@slack/web-api")).length;
    const before = count();
    const delivery = await channel.deliver({ event: "run.started", test: true, kept: {}, facts: { details: [], commands: [], seconds: null } }, "lab");
    console.log(JSON.stringify([before, count() > 0, delivery.kind]));`;
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", code], {
    cwd: new URL("../../..", import.meta.url),
    encoding: "utf8",
    timeout: 20_000,
  });
  assert.deepEqual([stdout.trim(), stderr], ['[0,true,"rejected"]', ""]);
});
