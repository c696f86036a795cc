import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { InvalidRequest } from "../../src/app/deps.ts";
import { type Explanation, explain } from "../../src/app/explain.ts";
import { Rule } from "../../src/core/rule.ts";
import { ACTIONS, ATTEMPT_STATUSES, FAILURE_CLASSES } from "../../src/core/status.ts";
import { createPatterns } from "../../src/pipelines/patterns.ts";
import { readDocument } from "../../src/pipelines/read-document.ts";
import { aDecision, aJob, anAttempt } from "../support/documents.ts";
import { besideCheckout } from "../support/shared.ts";

const FIXTURES = join(import.meta.dirname, "../fixtures");
const fixture = (name: string): string => readFileSync(join(FIXTURES, name), "utf8");
const shown = globSync("{batch,slurm}/*.{json,txt}", { cwd: FIXTURES }).map(fixture);
const KEYS = ["action", "class", "evidence", "exit_code", "reasoning", "state", "waiting"];

/** Null when it was refused, as what cannot be read must be. */
function explained(text: string): Explanation | null {
  try {
    return explain(text);
  } catch (error) {
    assert.ok(error instanceof InvalidRequest, String(error));
    return null;
  }
}

function assertWellFormed(said: Explanation): void {
  assert.deepEqual(Object.keys(said).sort(), KEYS);
  assert.ok(said.state === null || (ATTEMPT_STATUSES as readonly string[]).includes(said.state));
  assert.ok(said.class === null || FAILURE_CLASSES.includes(said.class));
  assert.ok(said.exit_code === null || Number.isInteger(said.exit_code));
  assert.ok(said.action === null || ACTIONS.includes(said.action));
  assert.ok(said.reasoning.length > 0);
  if (said.state === "succeeded" || said.state === "running" || said.state === "submitted")
    assert.equal(said.class, null);
}

test("a whole job is explained with its own figures", () => {
  const said = explain(fixture("batch/job-failed-oom.json"));
  assert.deepEqual(
    { ...said, evidence: said.evidence.map(({ source }) => source) },
    {
      state: "failed",
      class: "oom",
      exit_code: 137,
      waiting: null,
      evidence: ["exit_code", "event"],
      reasoning: said.reasoning,
      action: "retry",
    },
  );
  assert.match(said.reasoning, /8 GiB was not enough\. Retrying salmon-s07-a1 with 16 GiB of memory/);
});

test("an amount that the document does not tell is not made up", () => {
  const { reasoning } = explain("77|OUT_OF_MEMORY|0:125");
  assert.match(reasoning, /Retrying 77 with more memory \(retry 1 of 2\)\.$/);
  assert.doesNotMatch(reasoning, /GiB/);
  assert.match(explain("77|TIMEOUT|0:0").reasoning, /with more time/);
});

test("a step that the document does not name is not named", () => {
  for (const code of [126, 127])
    assert.doesNotMatch(explain(`77|FAILED|${code}:0`).reasoning, /unknown_step/);
});

test("the latest word about a shortage is what it waits for", () => {
  const { waiting, state, evidence } = explain(fixture("batch/job-waiting-for-capacity.json"));
  assert.equal(state, "submitted");
  assert.equal(waiting?.reason, "capacity");
  assert.match(waiting?.detail ?? "", /RESOURCE_POOL_EXHAUSTED/);
  assert.equal(evidence[0]?.source, "event");
});

test("what gcloud prints by default is read where YAML can be", () => {
  const yaml = "status:\n  state: FAILED\n  statusEvents:\n  - description: ended with exit code 50001.\n";
  const readYaml = (text: string) => readDocument(text).value;
  const said = explain(yaml, { readYaml });
  assert.deepEqual([said.state, said.class], ["failed", "preempted"]);
  assert.equal(explain(yaml.replace("FAILED", "SUCCEEDED"), { readYaml }).state, "succeeded");
  assert.equal(explained(yaml), null, "its sentences alone may be stale");
  assert.equal(explained('{"status": {"state": "SUCCEEDED", "x": "ended with exit code 50001'), null);
});

test("the preset and the given rules decide, the given ones first", () => {
  const oom = "77|OUT_OF_MEMORY|0:125";
  assert.equal(explain("77|TIMEOUT|0:0").action, "retry");
  assert.equal(explain("77|TIMEOUT|0:0", { preset: "frugal" }).action, "skip");
  const rules = [Rule.parse({ name: "mine", when: { class: "oom" }, do: "fail" })];
  assert.equal(explain(oom, { rules }).action, "fail");
});

test("a log pattern of a rule is searched in an attempt's log", () => {
  const attempt = JSON.stringify(anAttempt({ status: "failed", exit_code: 1, log_tail: "no such contig" }));
  const rules = [Rule.parse({ name: "mine", when: { log: "no such contig" }, do: "skip" })];
  assert.equal(explain(attempt, { rules, patterns: createPatterns() }).action, "skip");
  assert.equal(explain(attempt, { rules }).action, "retry");
});

test("a job of our own is judged with the budgets that it has already spent", () => {
  const failed = (attempt: number, memory: string) =>
    anAttempt({ attempt, status: "failed", exit_code: 137, class: "oom", resources: { cpu: 1, memory } });
  const attempts = [failed(1, "8GiB"), failed(2, "16GiB"), failed(3, "32GiB")];
  const retry = (attempt: number) => aDecision({ attempt, rule: "oom-ladder" });
  const last = aDecision({ attempt: 3, action: "skip" });
  const ended = aJob({ status: "skipped", attempts, decisions: [retry(1), retry(2), last] });
  const said = explain(JSON.stringify(ended));
  assert.deepEqual([said.state, said.class, said.action], ["failed", "oom", "skip"]);
  assert.match(said.reasoning, /8 GiB, 16 GiB and 32 GiB were not enough; the rule allows 2 retries/);
  const open = aJob({ status: "failed", attempts: attempts.slice(0, 2), decisions: [retry(1), retry(2)] });
  assert.equal(
    explain(JSON.stringify(open)).action,
    "retry",
    "the decision on the last attempt is made anew",
  );
});

test("a part of a job of our own is enough", () => {
  const part = { job_id: "x-a1", step: "fastqc", status: "failed", exit_code: 127, class: "not_executable" };
  const said = explain(JSON.stringify(part));
  assert.deepEqual([said.state, said.class, said.action], ["failed", "not_executable", "fail"]);
  const dependent = explain(JSON.stringify({ job_id: "y", step: "multiqc", status: "skipped" }));
  assert.deepEqual([dependent.state, dependent.class], [null, null]);
});

test("a cancelled attempt of our own is no failure", () => {
  const said = explain(JSON.stringify(anAttempt({ status: "cancelled" })));
  assert.deepEqual([said.state, said.class, said.action], ["cancelled", null, null]);
});

test("what is no such document is refused with what was expected", () => {
  for (const text of [
    "",
    "  ",
    "{}",
    "[]",
    "null",
    "42",
    '{"a": 1}',
    "hello",
    "ERROR: step 3 FAILED today",
    "[[]]",
  ])
    assert.throws(() => explain(text), {
      name: "InvalidRequest",
      message: /Google Cloud Batch job.*Slurm record/,
    });
});

test("any JSON and any text is explained or refused", () => {
  const check = (text: string): void => {
    const said = explained(text);
    if (said) assertWellFormed(said);
  };
  fc.assert(fc.property(fc.json(), check), { numRuns: 300 });
  fc.assert(fc.property(fc.string(), check), { numRuns: 300 });
  const words = fc.constantFrom(
    "FAILED",
    "77",
    "0:9",
    "|",
    " ",
    "\n",
    "State",
    "JobID",
    "JobState=",
    "by",
    "+",
    "---",
  );
  fc.assert(
    fc.property(
      fc.array(words, { maxLength: 20 }).map((parts) => parts.join("")),
      check,
    ),
    { numRuns: 500 },
  );
});

test("any change to a true document leaves it explained or refused", () => {
  const text = fc.constantFrom(...shown);
  const cut = fc.tuple(text, fc.nat(3000), fc.nat(40), fc.string({ maxLength: 5 }));
  fc.assert(
    fc.property(cut, ([whole, from, length, instead]) => {
      const said = explained(whole.slice(0, from) + instead + whole.slice(from + length));
      if (said) assertWellFormed(said);
    }),
    { numRuns: 400 },
  );
});

test("any value in any place of a true document leaves it explained or refused", () => {
  const documents = shown.filter((text) => text.startsWith("{"));
  const mutation = fc.tuple(fc.constantFrom(...documents), fc.nat(200), fc.jsonValue({ maxDepth: 2 }));
  fc.assert(
    fc.property(mutation, ([text, place, instead]) => {
      let at = 0;
      const value = JSON.parse(text, (_, inside) => (at++ === place ? instead : inside));
      const said = explained(JSON.stringify(value));
      if (said) assertWellFormed(said);
    }),
    { numRuns: 800 },
  );
});

test("documents nested without end are refused, not followed", () => {
  const deep = `${'{"status":'.repeat(5000)}1${"}".repeat(5000)}`;
  const said = explained(deep);
  if (said) assertWellFormed(said);
});

const REAL: Readonly<Record<string, readonly [string | null, string | null, number | null]>> = {
  "describe-scheduled-spot": ["submitted", null, null],
  "describe-status-succeeded-3tasks": ["succeeded", null, null],
  "describe-submit-response-queued": ["submitted", null, null],
  "error-task-not-found-404": [null, null, null],
  "events-failed-50002-vm-updates-lost": ["failed", "infra", 50002],
  "events-failed-exit-125-image-pull": ["failed", "image", 125],
  "events-failed-preempted-while-scheduled-50001": ["failed", "preempted", 50001],
  "events-failed-spot-preemption-50001": ["failed", "preempted", 50001],
  "events-quota-in-use-addresses": [null, null, null],
  "events-succeeded-cromwell": ["succeeded", null, null],
  "operation-delete-in-progress": [null, null, null],
  "pubsub-job-state-message": ["succeeded", null, null],
  "tasks-list-with-events": ["failed", "app", null],
};

test("a definition without a status is refused: there is nothing to explain in it", (t) => {
  const taskGroups = [{ taskSpec: { runnables: [{ script: { text: "true" } }] } }];
  const nothing = /Nothing to explain: .* a job's definition only, and no status and no events\./;
  for (const document of [{ taskGroups }, { name: "j", taskGroups, status: {} }, { job: { taskGroups } }])
    assert.throws(() => explain(JSON.stringify(document)), nothing);
  const status = { state: "QUEUED" };
  assert.equal(explain(JSON.stringify({ taskGroups, status })).state, "submitted");
  assert.equal(
    explain(JSON.stringify({ job: { taskGroups }, tasks: [{ status: { state: "RUNNING" } }] })).state,
    "running",
  );
  const captured = besideCheckout(t, "fixtures/batch");
  if (captured === null) return;
  for (const name of globSync("spec-*.json", { cwd: captured }))
    assert.throws(() => explain(readFileSync(join(captured, name), "utf8")), nothing, name);
});

test("captured documents of Google Cloud Batch say what they say", (t) => {
  const captured = besideCheckout(t, "fixtures/batch");
  if (captured === null) return;
  const said = Object.keys(REAL).map((name) => {
    const {
      state,
      class: failure,
      exit_code,
    } = explain(readFileSync(join(captured, `${name}.json`), "utf8"));
    return [basename(name), [state, failure, exit_code]];
  });
  assert.deepEqual(Object.fromEntries(said), REAL);
});
