import assert from "node:assert/strict";
import { test } from "node:test";
import { channelProblems } from "../../src/config/check-channels.ts";
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
