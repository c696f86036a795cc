import assert from "node:assert/strict";
import { test } from "node:test";
import { redactor } from "../../src/channels/redact.ts";

const URL_TEXT = "https://hooks.slack.com/services/T0LAB0000/B0HOOK0000/s3cr%2Ft0ken?password=hunter22";
const redact = redactor([URL_TEXT]);

test("hides the URL, its path, each secret piece, and the piece decoded", () => {
  for (const secret of [
    URL_TEXT,
    new URL(URL_TEXT).pathname,
    "B0HOOK0000",
    "s3cr%2Ft0ken",
    "s3cr/t0ken",
    "hunter22",
  ]) {
    const shown = redact(`posting to ${secret} failed`);
    assert.ok(!shown.includes(secret), shown);
    assert.match(shown, /^posting to .*\[hidden\].* failed$/);
  }
});

test("hides the path of any other URL", () => {
  assert.equal(redact("see https://evil.example/a/b?c=d now"), "see https://evil.example/[hidden] now");
});

test("leaves ordinary text alone", () => {
  const text = "Slack answered 404 no_service: set webhook_url of channel lab";
  assert.equal(redact(text), text);
});

test("leaves the words of a path alone, unlike a word that is a value", () => {
  const hide = redactor(["https://ops.lab.org/webhook/receiver/abc-def?channel=sesame"]);
  const text = "the receiver of channel ops: the same webhook-id is sent again";
  assert.equal(hide(text), text);
  assert.equal(hide("sesame, abc-def"), "[hidden], [hidden]");
});

test("hides a secret that is no URL", () => {
  assert.equal(redactor(["not a url at all"])("x not a url at all y"), "x [hidden] y");
});
