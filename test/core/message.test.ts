import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { cutText, fitDetails, noticeText } from "../../src/core/message.ts";
import { NOTICE_EVENTS } from "../../src/core/run.ts";
import { message, STORIES } from "../channels/notice-stories.ts";

const FLAGS = { possible_repeat: false, test: false };
const textOf = ({ event, facts }: ReturnType<typeof message>, flags = FLAGS) =>
  noticeText(event, facts, flags);

test("the end of a run is told word for word", () => {
  const told = message("run.completed", {
    status_line: "✅ 9/10 succeeded, ❌ 1 failed",
    details: ["sample02: salmon_quant failed (oom).", "sample03: fastqc skipped (app)."],
    more: 4,
    retries: "2 for oom",
    seconds: 3_725,
    commands: ["bioagent why X", "bioagent retry X"],
  });
  assert.equal(
    textOf(told, { possible_repeat: true, test: true }),
    `🧬 BioAgent Run Complete
Run: 2026-02-27_rnaseq_001
Pipeline: rnaseq
Status: ✅ 9/10 succeeded, ❌ 1 failed
Output: gs://my-bucket/output/2026-02-27_rnaseq_001/
sample02: salmon_quant failed (oom).
sample03: fastqc skipped (app).
… and 4 more
Retries: 2 for oom
Duration: 1 h 2 min
Next: bioagent why X
Next: bioagent retry X
(possibly a repeat: the last sending was interrupted)
(test message)`,
  );
});

test("every event has its own first line, then the run and the pipeline", () => {
  const firsts = NOTICE_EVENTS.map((event) => textOf(message(event)).split("\n").slice(0, 3));
  assert.equal(new Set(firsts.map(([title]) => title)).size, NOTICE_EVENTS.length);
  for (const [title, run, pipeline] of firsts) {
    assert.match(title!, /^🧬 BioAgent (Run|Job) [A-Z][a-z]+$/);
    assert.deepEqual([run, pipeline], ["Run: 2026-02-27_rnaseq_001", "Pipeline: rnaseq"]);
  }
  assert.deepEqual(
    (["run.completed", "run.failed", "run.cancelled"] as const).map(
      (event) => textOf(message(event)).split("\n")[0],
    ),
    ["🧬 BioAgent Run Complete", "🧬 BioAgent Run Failed", "🧬 BioAgent Run Cancelled"],
  );
});

test("a message about jobs that all failed does not call them skipped", () => {
  const titleOf = (...details: string[]) => textOf(message("job.skipped", { details })).split("\n")[0];
  assert.equal(titleOf("❌ s1 failed in a: Exit code 127"), "🧬 BioAgent Job Failed");
  assert.equal(titleOf("❌ s1 failed in a: x", "⏭ s2 skipped in a: y"), "🧬 BioAgent Job Skipped");
  assert.equal(titleOf("⏭ s2 skipped in a: y"), "🧬 BioAgent Job Skipped");
});

test("a run's end has its five lines even when status and output are empty", () => {
  const lines = textOf(message("run.failed", { status_line: "", output: "" })).split("\n");
  assert.deepEqual(lines.slice(3, 5), ["Status:", "Output:"]);
});

test("progress leaves out what is empty, and the output but at the start", () => {
  const told = { status_line: "", details: ["why"], commands: [], seconds: null };
  assert.equal(textOf(message("job.skipped", told)).split("\n").slice(3).join(), "why");
  assert.match(textOf(STORIES["started"]!), /^Output: gs:/m);
  assert.doesNotMatch(textOf(STORIES["waiting"]!), /^Output:/m);
});

test("time is told in the two largest units, as elapsed while the run goes on", () => {
  const cases: [number, string][] = [
    [0, "0 s"],
    [0.4, "0.4 s"],
    [59.6, "1 min"],
    [61, "1 min 1 s"],
    [3_600, "1 h"],
    [3_601, "1 h"],
    [5_430, "1 h 30 min"],
    [86_400, "1 d"],
    [200_000, "2 d 7 h"],
    [-5, "0 s"],
  ];
  for (const [seconds, shown] of cases) {
    assert.match(textOf(message("run.completed", { seconds })), new RegExp(`^Duration: ${shown}$`, "m"));
    assert.match(textOf(message("run.stalled", { seconds })), new RegExp(`^Elapsed: ${shown}$`, "m"));
  }
  assert.doesNotMatch(textOf(message("run.completed", { seconds: null })), /Duration/);
});

test("any fact stays on its own line, without control characters or spaces at the end", () => {
  const hostile = fc.oneof(
    fc.string({ unit: "binary", maxLength: 200 }),
    fc.constantFrom("a\nRun: b", "a\r\n", "\u2028x", "\u001b[2Jx", " ", "\ud800", "\u202ex"),
  );
  const property = fc.property(
    fc.array(hostile, { maxLength: 5 }),
    hostile,
    hostile,
    (details, output, command) => {
      const text = textOf(message("run.completed", { details, output, commands: [command] }));
      assert.ok(text.isWellFormed());
      assert.doesNotMatch(text.replaceAll("\n", ""), /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u);
      assert.doesNotMatch(text, / $/m);
      const told = text.split("\n");
      assert.ok(told.length <= 5 + details.length + 2);
      assert.match(told.at(-1)!, /^Next:/);
    },
  );
  fc.assert(property);
});

test("colours of a terminal leave no rest", () => {
  assert.match(
    textOf(message("run.failed", { details: ["\u001b[1;31mERROR\u001b[0m bad"] })),
    /^ERROR bad$/m,
  );
});

test("as many details as fit are shown, and the others are counted", () => {
  const property = fc.property(
    fc.array(fc.string({ minLength: 1, maxLength: 50 }), { maxLength: 30 }),
    fc.nat(9),
    fc.integer({ min: 20, max: 800 }),
    (details, more, max) => {
      const fitted = fitDetails({ details, more }, max);
      assert.ok(fitted.join("\n").length <= max);
      const counted = /^… and (\d+) more$/.exec(fitted.at(-1) ?? "");
      const hidden = Number(counted?.[1] ?? 0);
      const shown = fitted.slice(0, counted ? -1 : undefined);
      assert.deepEqual(shown, details.slice(0, shown.length));
      assert.equal(shown.length + hidden, details.length + more);
    },
  );
  fc.assert(property);
});

test("a cut never tears what people see as one character", () => {
  for (const [whole, max, cut] of [
    ["abcdef", 6, "abcdef"],
    ["abcdef", 5, "abcd…"],
    ["ab🧬cd", 4, "ab…"],
    ["ab🧬cd", 5, "ab🧬…"],
    ["e\u0301e\u0301e\u0301", 4, "e\u0301…"],
    ["👩‍👩‍👧‍👦x", 8, "…"],
    ["abc", 1, "…"],
  ] as const) {
    assert.equal(cutText(whole, max), cut);
  }
});
