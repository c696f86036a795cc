import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { ContactReport } from "../../../infra/first-contact/first-contact.ts";
import { saveAnswers } from "../../../infra/first-contact/save-answers.ts";
import { readBatchDocument } from "../../../src/executors/gcp_batch/read-document.ts";
import { BUCKET, contact, type Lab, onlyLeft, openLab, PROJECT } from "./lab.ts";

let lab: Lab;
let report: ContactReport;
let saved: string;

before(async () => {
  lab = await openLab();
  report = await contact(lab.settings);
  saved = join(lab.directory, "saved");
  await saveAnswers({
    directory: saved,
    verdicts: report.verdicts,
    region: "us-central1",
    service: "emulator",
    startedAt: "2026-11-20T00:00:00.000Z",
    who: report.who,
  });
});
after(() => lab.close());

test("the emulator holds every assumption that it can know", () => {
  const wrong = report.verdicts.filter(({ holds }) => holds === "no" || holds === "unclear");
  assert.deepEqual(
    wrong.map(({ assertion, holds, saw }) => `${assertion.id}: ${holds}: ${saw}`),
    [],
  );
  assert.ok(report.verdicts.filter(({ holds }) => holds === "yes").length >= 70);
});

test("what is skipped says what it needs", () => {
  const skipped = report.verdicts.filter(({ holds }) => holds === "skipped");
  for (const { assertion, saw } of skipped)
    assert.match(saw, /^needs (the real service: .{10}|.*--[a-z])/, assertion.id);
});

test("nothing is left behind: no job, no topic, no subscription, no object", async () => {
  await onlyLeft(lab);
  assert.deepEqual(report.swept.left, []);
  assert.ok(report.jobsMade > 15 && report.jobsMade < 60, String(report.jobsMade));
  for (const kind of ["topics", "subscriptions"]) {
    const answer = await fetch(`${lab.urls.pubsub}/v1/projects/${PROJECT}/${kind}`);
    assert.deepEqual(await answer.json(), { [kind]: [] });
  }
  const objects = await fetch(`${lab.urls.storage}/storage/v1/b/${BUCKET}/o`);
  assert.deepEqual(((await objects.json()) as { items?: unknown[] }).items ?? [], []);
});

test("saved answers are complete, and do not say whose project it was", async () => {
  const answers = JSON.parse(await readFile(join(saved, "answers.json"), "utf8")) as {
    answers: { id: string; holds: string; saw: string }[];
  };
  assert.equal(answers.answers.length, report.verdicts.length);
  const files = await readdir(saved);
  for (const { id, holds } of answers.answers)
    assert.equal(files.includes(`${id}.json`), holds !== "skipped", id);
  for (const file of files) {
    const text = await readFile(join(saved, file), "utf8");
    assert.doesNotMatch(text, new RegExp(`${PROJECT}|${BUCKET}`), file);
    assert.doesNotMatch(text, /projects\/(?!123456789012\b)\d{6,}/, file);
  }
});

/** What the readers of the executor must make of the documents that were saved, whoever answered. */
const READ: readonly {
  readonly id: string;
  readonly state: string;
  readonly exitCode?: number;
}[] = [
  { id: "job-states", state: "succeeded" },
  { id: "retried-by-batch", state: "succeeded" },
  { id: "tasks-after-failure", state: "failed", exitCode: 4 },
  { id: "exit-preempted", state: "failed", exitCode: 50001 },
  { id: "exit-machine-gone", state: "failed", exitCode: 50002 },
  { id: "exit-task-timeout", state: "failed", exitCode: 50005 },
  { id: "exit-step-timeout", state: "failed", exitCode: 50005 },
  { id: "memory-option", state: "failed", exitCode: 137 },
  { id: "cancel-running", state: "cancelled" },
  { id: "cancel-early", state: "cancelled" },
  { id: "no-such-machine", state: "failed" },
];

for (const row of READ) {
  test(`the executor's readers understand the saved answer of ${row.id}`, () => understood(saved, row));
}

/** Answers of real projects, where somebody has committed some: those that hold must be read the same. */
const COMMITTED = new URL("../../fixtures/first-contact/", import.meta.url).pathname;
for (const folder of existsSync(COMMITTED) ? readdirSync(COMMITTED) : []) {
  for (const row of READ.filter(({ id }) => existsSync(join(COMMITTED, folder, `${id}.json`)))) {
    test(`${folder}: the answer of ${row.id} is understood`, () => understood(join(COMMITTED, folder), row));
  }
}

async function understood(directory: string, { id, state, exitCode }: (typeof READ)[number]): Promise<void> {
  const { evidence, holds } = JSON.parse(await readFile(join(directory, `${id}.json`), "utf8")) as {
    holds: string;
    evidence: { job: unknown; tasks: unknown[] };
  };
  if (holds !== "yes") return;
  const { job, tasks } = evidence;
  const seen = readBatchDocument(tasks.length > 0 ? { job, tasks } : job);
  assert.equal(seen?.state, state);
  assert.equal(seen?.observation.exit_code ?? undefined, exitCode);
}

test("without a bucket, scripts are heard by way of Cloud Logging", async () => {
  const { verdicts } = await contact({ ...lab.settings, bucket: null }, { only: "*always-run-*" });
  assert.deepEqual(
    verdicts.map(({ holds }) => holds),
    ["yes", "yes", "yes"],
  );
});

test("saved answers are no longer than a person can look through", async () => {
  for (const file of await readdir(saved)) assert.ok((await stat(join(saved, file))).size < 300_000, file);
});

test("the executor's readers see the wait for a quota", async () => {
  const { evidence } = JSON.parse(await readFile(join(saved, "quota-event.json"), "utf8")) as {
    evidence: { answers: Record<string, { body: unknown }> };
  };
  const seen = readBatchDocument(evidence.answers["job-when-told"]!.body);
  assert.equal(seen?.waiting?.reason, "quota");
});
