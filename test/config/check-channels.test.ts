import assert from "node:assert/strict";
import { test } from "node:test";
import { channelProblems } from "../../src/config/check-channels.ts";
import { resolveChannel } from "../../src/config/secrets.ts";
import { channelKinds } from "../../src/wire.ts";

const slack = (fallback?: string) => ({
  kind: "slack",
  webhook_url: "https://hooks.slack.com/services/T0/B0/x",
  ...(fallback === undefined ? {} : { fallback }),
});

const problems = (channels: Parameters<typeof channelProblems>[0]): string[] =>
  channelProblems(channels, channelKinds).map(({ path, message }) => `${path.join(".")}: ${message}`);

test("a fallback is another channel that is there", () => {
  assert.deepEqual(problems({ lab: slack("ops"), ops: slack("console") }), []);
  assert.match(
    problems({ lab: slack("lab"), ops: slack() }).join(),
    /^channels\.lab\.fallback: a channel cannot stand in for itself/,
  );
  assert.match(
    problems({ lab: slack("opps"), ops: slack() }).join(),
    /^channels\.lab\.fallback: there is no channel "?opps"?.*ops/,
  );
});

test("a secret that a variable gives and that is too short is told as what it should be, not as what it is", () => {
  const variables = { WEBHOOK_SECRET: `whsec_${Buffer.from("s3cr3tT0ken").toString("base64")}`, HOST: "x" };
  const settings = { kind: "webhook", url: `https://\${HOST}.org/`, secret: `\${WEBHOOK_SECRET}` };
  assert.deepEqual(resolveChannel("ops", settings, { variables, channelKinds }), {
    kind: "unusable",
    reason:
      "channel ops (webhook): secret: expected whsec_ and 24 to 64 random bytes in base64; make one with: echo whsec_$(openssl rand -base64 32) (with HOST, WEBHOOK_SECRET filled in)",
  });
});
