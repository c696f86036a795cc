import assert from "node:assert/strict";
import { test } from "node:test";
import { eventLine } from "../../../src/cli/render/event-line.ts";
import { renderOverview } from "../../../src/cli/render/overview.ts";
import { plainPaint } from "../../../src/cli/render/paint.ts";
import { renderRunList } from "../../../src/cli/render/run-list.ts";
import { renderRemedies, renderWhy } from "../../../src/cli/render/why.ts";
import { EVENT_TYPES } from "../../../src/core/event.ts";
import { aDecision, aJob, anAttempt, anEvent, aRun } from "../../support/documents.ts";
import { assertGolden } from "../support/golden.ts";

const NOW = "2026-02-27T12:00:00Z";
const look = { now: NOW, width: 100, paint: plainPaint };
const text = (lines: readonly string[]): string => `${lines.join("\n")}\n`;

const oom = aJob({
  status: "skipped",
  exhausted: true,
  error: "Exit code 137 indicates OOM",
  class: "oom",
  attempts: [1, 2].map((attempt) =>
    anAttempt({
      attempt,
      status: "failed",
      exit_code: 137,
      class: "oom",
      resources: { cpu: 2, memory: `${8 * attempt}GiB`, time: "1h" },
      evidence: [{ source: "cgroup", text: "1 process killed at the limit" }],
      peak_memory: 8 * 2 ** 30 * attempt,
      started_at: "2026-02-27T10:00:00Z",
      ended_at: "2026-02-27T10:12:30Z",
      log_tail: "reading\n\u001b[31mKilled\u001b[0m\n",
    }),
  ),
  decisions: [
    aDecision({ attempt: 1 }),
    aDecision({
      attempt: 2,
      action: "skip",
      reasoning: "Exit code 137 indicates OOM. 8 GiB and 16 GiB were not enough. Skipping sample01.",
    }),
  ],
});

const run = aRun({
  status: "completed",
  outcome: "some_skipped",
  started_at: "2026-02-27T10:00:05Z",
  completed_at: "2026-02-27T11:02:05Z",
  summary: {
    total_jobs: 1,
    pending: 0,
    submitted: 0,
    running: 0,
    succeeded: 0,
    failed: 0,
    skipped: 1,
    cancelled: 0,
    notes: "sample01 skipped in fastqc: Exit code 137 indicates OOM",
  },
  labels: { study: "x" },
  notes: ["Memory limits are only sampled here."],
});

test("show's overview is as in test/golden/cli", () => {
  assertGolden("cli/overview.txt", text(renderOverview(run, [oom], look)));
});

test("of a run that was opened again, show and list give the time that the round took", () => {
  const again = {
    ...run,
    round: 2,
    reopened_at: "2026-03-09T10:00:00Z",
    completed_at: "2026-03-09T10:00:05Z",
  };
  assert.match(
    text(renderOverview(again, [oom], look)),
    /started 2026-02-27 10:00 UTC, opened again 2026-03-09 10:00 UTC, took 5 s$/m,
  );
  assert.match(renderRunList([again], look).at(-1)!, / 5 s$/);
});

test("list's table is as in test/golden/cli", () => {
  const going = aRun({
    run_id: "2026-02-27_rnaseq_002",
    status: "running",
    started_at: "2026-02-27T11:59:00Z",
    waiting: { reason: "quota", since: NOW },
  });
  assertGolden("cli/run-list.txt", text(renderRunList([going, run], look)));
  assertGolden("cli/run-list-80.txt", text(renderRunList([going, run], { ...look, width: 80 })));
});

test("why's text is as in test/golden/cli, and the log acts on no terminal", () => {
  const lines = [...renderWhy(oom, plainPaint), "", ...renderRemedies(run, [oom])];
  assert.doesNotMatch(lines.join(""), /\x1b/);
  assertGolden("cli/why.txt", text(lines));
});

test("a job that only followed names the one it needed", () => {
  const [, line] = renderWhy(
    aJob({ step: "align", status: "skipped", blocked_by: "fastqc-sample01" }),
    plainPaint,
  );
  assert.match(line!, /needs fastqc-sample01.*bioagent why 2026-02-27_rnaseq_001 fastqc-sample01/);
});

test("every type of event has a line, as in test/golden/cli", () => {
  const data = {
    jobs: 25,
    samples: 8,
    executor: "local",
    by: "ann",
    reused: 2,
    reason: "quota",
    detail: "CPUS",
    round: 2,
    outcome: "some_skipped",
    resources: { cpu: 1, memory: "8GiB" },
    status: "failed",
    exit_code: 137,
    class: "oom",
    peak_memory: 2 ** 30,
    memory: "1GiB",
    started_at: "2026-02-27T10:00:00Z",
    ended_at: "2026-02-27T10:01:00Z",
    outputs: 3,
    run_id: "2026-02-26_rnaseq_004",
    decision: aDecision(),
    text: "a note",
  };
  const lines = EVENT_TYPES.map((type, seq) => {
    const ofJob = type.startsWith("job.");
    return eventLine(
      anEvent({ seq, type, job: ofJob ? "fastqc-sample01" : null, attempt: ofJob ? 1 : null, data }),
      plainPaint,
    );
  });
  assertGolden("cli/events.txt", text(lines));
});
