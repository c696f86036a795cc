import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { boardParts, newsParts } from "../../../src/channels/slack/board.ts";
import { payloadOf, type SlackPayload } from "../../../src/channels/slack/payload.ts";
import { Pipeline } from "../../../src/core/pipeline.ts";
import { JOB_STATUSES } from "../../../src/core/status.ts";
import type { RunView } from "../../../src/ports.ts";
import { aDecision, aJob, aRun } from "../../support/documents.ts";
import { mentionsIn, payloadProblem, shownOf } from "../../support/slack-rules.ts";
import { storyView } from "../../support/slack-story.ts";
import { HOSTILE_LINES } from "../notice-stories.ts";

const NO_FLAGS = { possible_repeat: false, continues: false };
const blocksOf = (payload: SlackPayload): string => shownOf(payload as Parameters<typeof shownOf>[0])[1]!;

/** Many steps with long names, and whatever reasons. */
function largeView(steps: number, samples: number, reasons: readonly string[]): RunView {
  const pipeline_spec = Pipeline.parse({
    pipeline: "p",
    steps: Array.from({ length: steps }, (_, at) => ({
      id: `a_step_with_a_long_name_${at}`,
      script: "true",
      outputs: [`${at}/{sample}.txt`],
    })),
  });
  const names = Array.from({ length: samples }, (_, at) => `s${at}`);
  const jobs = pipeline_spec.steps.flatMap(({ id }, step) =>
    names.map((sample, at) => {
      const reasoning = reasons[(step + at) % reasons.length]!;
      const status = JOB_STATUSES[(step + at) % JOB_STATUSES.length]!;
      const bad = status === "failed" || status === "skipped";
      return aJob({
        step: id,
        sample,
        status,
        exhausted: bad,
        error: reasoning,
        decision: bad ? aDecision({ reasoning }) : null,
      });
    }),
  );
  return { run: aRun({ pipeline_spec, samples: names, status: "running" }), jobs };
}

test("any board and any news fit Slack's limits, are well-formed, and mention nobody", () => {
  const line = fc.oneof(
    fc.constantFrom(...HOSTILE_LINES),
    fc.string({ unit: "grapheme", maxLength: 600 }),
    fc.tuple(fc.constantFrom("&", "<", '"', "\\", "🧬"), fc.nat(2_000)).map(([it, n]) => it.repeat(n)),
  );
  const property = fc.property(
    fc.integer({ min: 1, max: 80 }),
    fc.integer({ min: 1, max: 12 }),
    fc.array(line, { minLength: 1, maxLength: 12 }),
    (steps, samples, reasons) => {
      const view = largeView(steps, samples, reasons);
      const board = boardParts(view, "run.progress", { possible_repeat: true, continues: true });
      const news = newsParts(
        view,
        view.jobs.filter((job) => job.exhausted),
        true,
      );
      for (const payload of [payloadOf(board), payloadOf(news)]) {
        const json = JSON.stringify(payload);
        assert.equal(payloadProblem(json), null);
        assert.ok(json.length <= 10_000, `${json.length} characters of JSON`);
        assert.ok(json.isWellFormed() && !/\\ud[89a-f]/i.test(json), "half of a surrogate pair");
        assert.deepEqual(mentionsIn(payload), []);
      }
    },
  );
  fc.assert(property, { numRuns: 40 });
});

test("steps that do not fit are counted", () => {
  const payload = payloadOf(boardParts(largeView(80, 3, ["why"]), "run.progress", NO_FLAGS));
  assert.match(blocksOf(payload), /^… and \d+ more$/m);
  assert.match(blocksOf(payload), /^Next: bioagent show/m);
});

test("a bar is full only when all have ended, and a step without jobs yet shows how many it will have", () => {
  const almost = storyView({
    jobs: Object.fromEntries(["01", "02", "03"].map((at) => [`fastqc-sample${at}`, "succeeded"])),
  });
  const shown = blocksOf(payloadOf(boardParts(almost, "run.progress", NO_FLAGS)));
  assert.match(shown, /^███████░░░ fastqc 3\/4 {2}✅ 3$/m);
  const unplanned = { ...storyView({ status: "planning" }), jobs: [] };
  assert.match(
    blocksOf(payloadOf(boardParts(unplanned, "run.started", NO_FLAGS))),
    /^░{10} star_align 0\/4$/m,
  );
});

test("a run that waits says so, also when jobs have failed", () => {
  const waiting = {
    reason: "quota",
    since: "2026-02-27T10:30:00Z",
    detail: "CPUS in us-central1 is used up",
  } as const;
  for (const jobs of [{}, { "fastqc-sample01": "failed" }] as const) {
    const view = storyView({ jobs });
    const parts = boardParts({ ...view, run: { ...view.run, waiting } }, "run.progress", NO_FLAGS);
    assert.equal(blocksOf(payloadOf(parts)).match(/CPUS in us-central1 is used up/g)?.length, 1);
  }
});

test("at the end the first five lines are the fixed ones", () => {
  const view = storyView({ status: "completed", jobs: { "fastqc-sample01": "skipped" } });
  const lines = blocksOf(payloadOf(boardParts(view, "run.progress", NO_FLAGS))).split("\n");
  assert.equal(lines[0], "🧬 BioAgent Run Complete");
  assert.deepEqual(
    lines.slice(1, 5).map((it) => it.split(":")[0]),
    ["Run", "Pipeline", "Status", "Output"],
  );
  assert.match(lines[5]!, /^⏭ sample01 skipped in fastqc/);
});
