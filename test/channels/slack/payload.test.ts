import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { cutEscaped, escapeSlack } from "../../../src/channels/slack/escape.ts";
import { slackPayload } from "../../../src/channels/slack/payload.ts";
import { NOTICE_EVENTS } from "../../../src/core/run.ts";
import { mentionsIn, payloadProblem, shownText } from "../../support/slack-rules.ts";
import { HOSTILE_LINES, message } from "../notice-stories.ts";

const line = fc.oneof(
  fc.constantFrom(...HOSTILE_LINES),
  fc.string({ unit: "grapheme", maxLength: 3_000 }),
  fc.string({ unit: "binary", maxLength: 300 }),
  fc
    .tuple(fc.constantFrom("&", "<", '"', "\\", "🧬", "e\u0301"), fc.nat(4_000))
    .map(([it, n]) => it.repeat(n)),
);
const facts = fc.record({
  run_id: line,
  pipeline: line,
  status_line: line,
  output: line,
  details: fc.array(line, { maxLength: 30 }),
  more: fc.nat(5_000),
  retries: fc.option(line),
  seconds: fc.option(fc.double({ noNaN: true, noDefaultInfinity: true })),
  commands: fc.array(line, { maxLength: 5 }),
});

test("any notice fits Slack's limits, is well-formed, and mentions nobody", () => {
  const property = fc.property(fc.constantFrom(...NOTICE_EVENTS), facts, (event, given) => {
    const payload = slackPayload(message(event, given, { possible_repeat: true, test: true }));
    const json = JSON.stringify(payload);
    assert.equal(payloadProblem(json), null);
    assert.ok(json.length <= 10_000, `${json.length} characters of JSON`);
    assert.ok(payload.text.length <= 3_000);
    assert.ok(json.isWellFormed() && !/\\ud[89a-f]/i.test(json), "half of a surrogate pair");
    assert.deepEqual(mentionsIn(payload), []);
    assert.doesNotMatch(json, /&(?!(amp|lt|gt);)/, "a torn entity");
  });
  fc.assert(property, { numRuns: 300 });
});

test("a section is filled with short details up to its limit, not beyond", () => {
  const details = Array.from({ length: 200 }, () => "x".repeat(60));
  const payload = slackPayload(message("run.failed", { details }));
  assert.equal(payloadProblem(JSON.stringify(payload)), null);
  assert.ok(payload.text.length > 2_900);
});

test("a cut text is a beginning of the whole, and within its limit", () => {
  const property = fc.property(line, fc.integer({ min: 1, max: 200 }), (text, max) => {
    const whole = escapeSlack(text.toWellFormed());
    const cut = cutEscaped(whole, max);
    assert.ok(cut.length <= max);
    if (cut !== whole) assert.ok(shownText(whole).startsWith(shownText(cut.slice(0, -1))));
  });
  fc.assert(property, { numRuns: 500 });
});

test("escapes & first, and nothing but & < >", () => {
  assert.equal(escapeSlack(`<!channel> & "it's" &lt;`), `&lt;!channel&gt; &amp; "it's" &amp;lt;`);
});

test("cuts before an entity, never inside it", () => {
  for (let max = 1; max <= 12; max++) {
    assert.match(cutEscaped("a&amp;b&lt;c&gt;", max), /^(a(&amp;(b(&lt;c?)?)?)?)?…$/);
  }
});
