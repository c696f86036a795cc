import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { Project, ShownRun } from "./project.ts";

/**
 * 60 jobs: 20 samples, two steps each and 20 more, some of which fail at first (retried), one always (skipped). Each
 * execution writes one line, from outside the monitor's sight: the proof of what really ran.
 */
export const SIXTY_JOBS = `
pipeline: sixty
params: { witness: "" }
steps:
  - id: first
    script: |
      printf '%s\\n' "first-$SAMPLE $ATTEMPT" >> "$PARAM_WITNESS"
      if [ "$SAMPLE" = s03 ] && [ "$ATTEMPT" = 1 ]; then exit 3; fi
      printf 'x' > "$OUTPUT_DIR/first-$SAMPLE.txt"
    resources: { cpu: 0.5, memory: 64MiB }
    outputs: ["first-{sample}.txt"]
  - id: second
    needs: [first]
    script: |
      printf '%s\\n' "second-$SAMPLE $ATTEMPT" >> "$PARAM_WITNESS"
      if [ "$SAMPLE" = s07 ]; then exit 4; fi
      cat "$RESULTS_DIR/first-$SAMPLE.txt" > "$OUTPUT_DIR/second-$SAMPLE.txt"
    resources: { cpu: 0.5, memory: 64MiB }
    outputs: ["second-{sample}.txt"]
  - id: third
    script: |
      printf '%s\\n' "third-$SAMPLE $ATTEMPT" >> "$PARAM_WITNESS"
      read -r -t 0.05 _ <> <(:) || true
    resources: { cpu: 0.5, memory: 64MiB }
`;

export const SAMPLES = Array.from({ length: 20 }, (_, at) => `s${String(at + 1).padStart(2, "0")}`).join(",");

/** The arguments that run it in this project, its witness beside it. */
export function sixtyArgs(project: Project, ...more: string[]): string[] {
  project.write("sixty.yaml", SIXTY_JOBS);
  const witness = project.write("witness.txt", "");
  return [
    "run",
    "sixty.yaml",
    "--samples",
    SAMPLES,
    "--output",
    "out",
    "--param",
    `witness=${witness}`,
    ...more,
  ];
}

/** What must hold of it, however often the monitor died: the store's word against the witness's. */
export function checkSixty(witness: string, run: ShownRun): void {
  assert.equal(run.status, "completed");
  assert.equal(run.outcome, "some_skipped");
  const { total_jobs, succeeded, skipped } = run.summary;
  assert.deepEqual([total_jobs, succeeded, skipped], [60, 59, 1]);
  const lines = readFileSync(witness, "utf8").trim().split("\n");
  assert.equal(new Set(lines).size, lines.length, "an attempt was executed twice");
  const attempts = Object.entries(run.jobs).flatMap(([key, job]) =>
    job.attempts.map(({ attempt }) => `${key} ${attempt}`),
  );
  assert.deepEqual(lines.toSorted(), attempts.toSorted(), "what ran is not what the store says");
  assert.equal(run.jobs["first-s03"]!.retry_count, 1);
  assert.equal(run.jobs["second-s07"]!.status, "skipped");
}
