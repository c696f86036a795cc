import assert from "node:assert/strict";
import { test } from "node:test";
import { missingVariables, withStandIns } from "../../../src/cli/notify/stand-ins.ts";
import { type ChannelSettings, resolveChannel } from "../../../src/config.ts";
import { channelKinds } from "../../../src/wire.ts";

/** Every setting that may be a reference, is one. */
const SETTINGS: Readonly<Record<string, ChannelSettings>> = {
  webhook: { kind: "slack", webhook_url: `\${V}`, fallback: "console" },
  bot: { kind: "slack", bot_token: `\${V}`, channel: `\${V}`, api_url: `\${V}` },
  ses: { kind: "email", region: `\${V}`, role_arn: `\${V}`, from: `\${V}`, to: [`\${V}`], reply_to: `\${V}` },
  smtp: { kind: "email", transport: "smtp", url: `\${V}`, from: "a@lab.org", to: [`Ada <\${V}>`] },
  phone: { kind: "imessage", url: `\${V}`, password: `\${V}`, chat: `\${V}`, send_timeout: `\${V}` },
  mac: { kind: "imessage", via: "bridge" },
  ops: { kind: "webhook", url: `\${V}`, secret: `\${V}`, previous_secret: `\${V}` },
  hidden: { kind: "webhook", url: "sm://hook", secret: "sm://secret" },
  results: {
    kind: "github_pr",
    repo: `\${V}`,
    token: `\${V}`,
    base: `\${V}`,
    path: `\${V}`,
    api_url: `\${V}`,
  },
  console: { kind: "console" },
};

for (const [name, settings] of Object.entries(SETTINGS)) {
  test(`${name}: settings whose variables are all missing still open the channel`, () => {
    const filled = withStandIns(settings, {});
    assert.doesNotMatch(JSON.stringify(filled), /\$\{|sm:\/\//);
    const resolved = resolveChannel(name, filled, { variables: {}, channelKinds });
    assert.equal(resolved.kind === "unusable" ? resolved.reason : "", "");
  });
}

test("no secret is read, even one that is set; what else a set variable says stays", () => {
  const variables = { TOKEN: "ghp_real", REPO: "lab/results", PW: "smtps://u:real@mail.lab.org" };
  const results = withStandIns({ kind: "github_pr", repo: `\${REPO}`, token: `\${TOKEN}` }, variables);
  assert.deepEqual(results, { kind: "github_pr", repo: `\${REPO}`, token: "preview" });
  const mail = withStandIns(
    { kind: "email", transport: "smtp", url: `\${PW}`, from: "a@lab.org", to: ["b@lab.org"] },
    variables,
  );
  assert.doesNotMatch(String(mail["url"]), /PW|real/);
});

test("what is written out stays as it is", () => {
  const settings = {
    kind: "imessage",
    url: "https://mac.lab.org",
    password: `\${PW}`,
    chat: "iMessage;-;+15551234567",
  };
  const { url, chat } = withStandIns(settings, {});
  assert.deepEqual([url, chat], ["https://mac.lab.org", "iMessage;-;+15551234567"]);
});

test("missing variables are named once, those that are empty too", () => {
  const settings = {
    kind: "webhook",
    url: `https://\${HOST}/\${PATH_}`,
    secret: `\${S}`,
    previous_secret: `\${S}`,
  };
  assert.deepEqual(missingVariables(settings, { HOST: "ops.lab.org", S: "" }), ["PATH_", "S"]);
});
