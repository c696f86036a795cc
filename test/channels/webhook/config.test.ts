import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { WebhookConfig } from "../../../src/channels/webhook/config.ts";

const secretOf = (bytes: number): string => `whsec_${randomBytes(bytes).toString("base64")}`;
const base = { kind: "webhook", url: "https://ops.lab.org/hook", secret: secretOf(32) };

for (const bytes of [24, 25, 26, 63, 64]) {
  test(`takes a secret of ${bytes} bytes, padded or not`, () => {
    const secret = secretOf(bytes);
    for (const given of [secret, secret.replace(/=+$/, "")]) {
      assert.equal(WebhookConfig.safeParse({ ...base, secret: given, previous_secret: given }).success, true);
    }
  });
}

const SECRET = "s3cr3tT0ken";
const BAD = {
  "a secret of another kind": { secret: `whsk_${secretOf(32).slice(6)}` },
  "a short secret": { secret: `whsec_${Buffer.from(SECRET).toString("base64")}` },
  "a secret of 23 bytes": { secret: secretOf(23) },
  "a long secret": { secret: secretOf(65) },
  "a secret that is no base64": { secret: `whsec_${SECRET}!${SECRET}-${SECRET}_${SECRET}` },
  "a secret without its prefix": { secret: `${SECRET}${"A".repeat(40)}` },
  "a bad previous secret": { previous_secret: SECRET },
  "no secret": { secret: undefined },
  "no URL": { url: SECRET },
  "another protocol": { url: `file:///${SECRET}` },
  "a source with a space": { source: "the lab" },
  "a source with a % that encodes nothing": { source: "https://lab.org/100%" },
  "a source with a colon and no scheme": { source: "1st:lab" },
  "a source with two fragments": { source: "#a#b" },
};
for (const [what, change] of Object.entries(BAD)) {
  test(`refuses ${what}, and does not show the value`, () => {
    const parsed = WebhookConfig.safeParse({ ...base, ...change });
    assert.equal(parsed.success, false);
    assert.doesNotMatch(JSON.stringify(parsed.error), new RegExp(`${SECRET}|${base.secret.slice(6, 20)}`));
  });
}

test("takes every kind of URI as a source", () => {
  for (const source of [
    "https://lab.org/bio%20agent?x=1#a",
    "urn:lab:1",
    "/bioagent",
    "lab",
    "lab/a:b",
    "#lab",
  ])
    assert.equal(WebhookConfig.safeParse({ ...base, source }).success, true, source);
});

test("says how a secret is made", () => {
  const parsed = WebhookConfig.safeParse({ ...base, secret: "short" });
  assert.match(JSON.stringify(parsed.error), /24 to 64 random bytes in base64.*openssl rand -base64 32/);
});
