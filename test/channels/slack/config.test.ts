import assert from "node:assert/strict";
import { test } from "node:test";
import { SlackConfig } from "../../../src/channels/slack/config.ts";

const SECRET = "s3cr3tT0ken";
const TOKEN = `xoxb-${SECRET}`;
const HOOK = `https://hooks.slack.com/services/${SECRET}`;
const parse = (settings: object) => SlackConfig.safeParse({ kind: "slack", ...settings });

const GOOD = {
  "a webhook": { webhook_url: HOOK },
  "a bot and an ID": { bot_token: TOKEN, channel: "C0123456789" },
  "a bot and a name": { bot_token: TOKEN, channel: "#läb-runs_2" },
  "a bot that only posts": { bot_token: TOKEN, channel: "runs", live: false },
  "a stand-in for Slack": { bot_token: TOKEN, channel: "runs", api_url: "http://127.0.0.1:9/api/" },
  "a fallback": { webhook_url: HOOK, fallback: "pi" },
};
for (const [what, settings] of Object.entries(GOOD)) {
  test(`takes ${what}`, () => assert.equal(parse(settings).success, true));
}

const BAD = {
  "neither webhook nor bot": [{}, /expected webhook_url, or bot_token and channel/],
  "a channel alone": [{ channel: "#runs" }, /expected webhook_url, or bot_token and channel/],
  "both webhook and bot": [{ webhook_url: HOOK, bot_token: TOKEN, channel: "#runs" }, /keep one of them/],
  "live updates of a webhook": [{ webhook_url: HOOK, live: true }, /is for a bot/],
  "a bot without channel": [{ bot_token: TOKEN }, /C0123456789, or .*#name.* in quotes/],
  "a channel that YAML took for a comment": [{ bot_token: TOKEN, channel: null }, /in quotes/],
  "a channel with a space": [{ bot_token: TOKEN, channel: "# runs" }, /in quotes/],
  "a user's token": [{ bot_token: `xoxp-${SECRET}`, channel: "#runs" }, /expected a bot token, xoxb-/],
  "another protocol": [{ bot_token: TOKEN, channel: "#runs", api_url: `file:///${SECRET}` }, /Web API/],
  "a mistyped key": [{ bot_token: TOKEN, chanel: "#runs" }, /chanel/],
} as const;
for (const [what, [settings, says]] of Object.entries(BAD)) {
  test(`refuses ${what}, says why, and does not show the value`, () => {
    const parsed = parse(settings);
    assert.equal(parsed.success, false);
    assert.match(JSON.stringify(parsed.error), says);
    assert.doesNotMatch(JSON.stringify(parsed.error), new RegExp(SECRET));
  });
}
