import assert from "node:assert/strict";
import { test } from "node:test";
import { plainPaint } from "../../../src/cli/render/paint.ts";
import { type ProgressState, renderProgress } from "../../../src/cli/render/progress-block.ts";
import { stepCounts } from "../../../src/cli/render/step-counts.ts";
import { displayWidth } from "../../../src/cli/render/width.ts";
import type { Event } from "../../../src/core/event.ts";
import { aDecision, aJob, anEvent, aPipeline, aRun } from "../../support/documents.ts";
import { assertGolden } from "../support/golden.ts";

const ids = ["fastqc", "trimgalore", "star_align", "salmon_quant", "multiqc"];
const samples = ["sample01", "sample02", "sample03"];

const decided = (job: string, action: "retry" | "skip", reasoning: string, at: string): Event =>
  anEvent({ type: "job.decided", job, at, data: { decision: aDecision({ action, reasoning }) } });

function state(steps: readonly string[] = ids): ProgressState {
  const spec = aPipeline({
    steps: steps.map((id) => ({ id, script: "x", per: id === "multiqc" ? "run" : "sample" })),
  } as never);
  const run = aRun({
    pipeline_spec: spec,
    samples,
    status: "running",
    started_at: "2026-02-27T10:00:00Z",
    waiting: { reason: "quota", since: "2026-02-27T10:10:00Z", detail: "CPUS in europe-west4" },
  });
  const jobs = samples.map((sample, at) =>
    aJob({ step: "fastqc", sample, status: at === 1 ? "skipped" : "succeeded", exhausted: at === 1 }),
  );
  return {
    run,
    counts: stepCounts(run, [
      ...jobs,
      aJob({ step: steps[1] ?? "x", sample: "sample01", status: "running" }),
    ]),
    decisions: [
      decided(
        "fastqc-sample02",
        "retry",
        "Exit code 137 indicates OOM. 8 GiB was not enough. Retrying sample02 with 16 GiB of memory (retry 1 of 2).",
        "2026-02-27T10:04:05Z",
      ),
      decided(
        "fastqc-sample02",
        "skip",
        "🧬 Exit code 137 indicates OOM. 8 GiB and 16 GiB were not enough; the rule allows 1 retry. Skipping sample02.",
        "2026-02-27T10:07:09Z",
      ),
    ],
    now: "2026-02-27T10:12:03Z",
  };
}

for (const [columns, rows] of [
  [80, 24],
  [120, 40],
  [40, 12],
  [80, 10],
] as const) {
  test(`the block at ${columns} x ${rows} fits, and is as in test/golden/cli`, () => {
    const lines = renderProgress(state(), { columns, rows, paint: plainPaint });
    assert.ok(lines.length < rows, `${lines.length} lines`);
    for (const line of lines) assert.ok(displayWidth(line) < columns, `too wide: ${line}`);
    assertGolden(`cli/progress-${columns}x${rows}.txt`, `${lines.join("\n")}\n`);
  });
}

test("whatever the terminal's size, the block is smaller", () => {
  const many = Array.from({ length: 60 }, (_, at) => (at === 0 ? "fastqc" : `step_${at}`));
  for (let columns = 1; columns < 130; columns += 3) {
    for (const rows of [2, 5, 9, 24, 80]) {
      const lines = renderProgress(state(many), { columns, rows, paint: plainPaint });
      assert.ok(lines.length < rows, `${lines.length} lines at ${columns} x ${rows}`);
      for (const line of lines)
        assert.ok(displayWidth(line) <= Math.max(1, columns - 1), `${columns}: ${line}`);
    }
  }
});

test("of many steps, those where something moves or went wrong are shown", () => {
  const many = ["fastqc", ...Array.from({ length: 58 }, (_, at) => `step_${at}`), "multiqc"];
  const text = renderProgress(state(many), { columns: 80, rows: 24, paint: plainPaint }).join("\n");
  assert.match(text, /\nfastqc +0 +0 +2 +1 +0\n/);
  assert.match(text, /\nstep_0 +2 +1 +0 +0 +0\n/);
  assert.match(text, /\.\.\. and 4\d more steps/);
});
