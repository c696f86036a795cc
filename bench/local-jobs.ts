import type { PipelineInput } from "../src/core/pipeline.ts";
import { inApp, inFolder, runToEnd } from "./project.ts";
import { type Reference, referenceOf } from "./reference.ts";
import { type Bench, median, once, pairedRatio, type Row, timed } from "./row.ts";

const JOBS = 1000;
const ROUNDS = 3;

const touch: PipelineInput = {
  pipeline: "touch",
  steps: [{ id: "touch", script: 'touch "$OUTPUT_DIR/x"', resources: { memory: "64MiB" } }],
};
const touchDeclared: PipelineInput = {
  pipeline: "touch",
  steps: [
    {
      id: "touch",
      script: 'touch "$OUTPUT_DIR/$SAMPLE"',
      outputs: [{ path: "{sample}", allow_empty: true }],
      resources: { memory: "64MiB" },
    },
  ],
};

/** The whole path of 1,000 trivial jobs: start, plan, passes, store, ledger, executor. */
export const localJobsBench: Bench = {
  name: "local",
  async run() {
    const ours: number[] = [];
    const declared: number[] = [];
    const theirs: number[] = [];
    const parallel = referenceOf("parallel");
    for (let round = 0; round < ROUNDS; round++) {
      ours.push(await secondsOfRun(touch));
      if (parallel.installed) theirs.push(await secondsOf(parallel));
    }
    for (const _round of [1, 2]) declared.push(await secondsOfRun(touchDeclared));
    return [
      againstParallel(`local: ${JOBS} trivial jobs, 2 slots`, ours, theirs),
      ...(await others()),
      // Its own work is more: a checksum, a rename and a manifest for each.
      {
        ...againstParallel(`local: ${JOBS} jobs with one declared output`, declared, theirs),
        budget: null,
        holds: null,
      },
      await growth(median(ours)),
    ];
  },
};

async function secondsOfRun(pipeline: PipelineInput, samples = JOBS): Promise<number> {
  return inApp(2, async (app, folder) => {
    const milliseconds = await timed(async () => {
      const run = await runToEnd(app, folder, { pipeline, samples });
      if (run.outcome !== "all_succeeded")
        throw new Error(`the run ended ${run.outcome}: ${run.summary.notes}`);
    });
    return milliseconds / 1000;
  });
}

const secondsOf = (reference: Reference): Promise<number> =>
  inFolder(async (folder) => (await timed(() => reference.run(folder, JOBS))) / 1000);

function againstParallel(what: string, ours: readonly number[], theirs: readonly number[]): Row {
  const there = theirs.length > 0;
  const ratio = there ? pairedRatio(ours, theirs) : null;
  return {
    what,
    measured: { unit: "s", values: ours },
    reference: there ? { name: "parallel -j2", unit: "s", values: theirs } : "parallel: not installed",
    ratio,
    budget: "at most 2 x parallel",
    holds: ratio === null ? null : ratio <= 2,
  };
}

/** One of ours again beside them, because what else the machine does has changed meanwhile. */
async function others(): Promise<Row[]> {
  const ours = await secondsOfRun(touch);
  const rows: Row[] = [];
  for (const name of ["snakemake", "make", "xargs"]) {
    const reference = referenceOf(name);
    const seconds = reference.installed ? await secondsOf(reference) : null;
    const budget = name === "snakemake" ? "at most 0.2 x snakemake" : null;
    rows.push({
      what: `local: the same, against ${name}`,
      measured: once(ours, "s"),
      reference: seconds === null ? `${name}: not installed` : { name: `${name} -j2`, ...once(seconds, "s") },
      ratio: seconds === null ? null : ours / seconds,
      budget,
      holds: seconds === null || budget === null ? null : ours / seconds <= 0.2,
    });
  }
  return rows;
}

/** Per job, a run of 1,000 against one of 250: what grows faster than the jobs would be seen here. */
async function growth(ours: number): Promise<Row> {
  const few = await secondsOfRun(touch, JOBS / 4);
  const ratio = ours / JOBS / (few / (JOBS / 4));
  return {
    what: `local: a job among ${JOBS}, against one among ${JOBS / 4}`,
    measured: once((ours / JOBS) * 1000, "ms"),
    reference: { name: `among ${JOBS / 4}`, ...once((few / JOBS) * 4000, "ms") },
    ratio,
    budget: "at most 1.5 x",
    holds: ratio <= 1.5,
    soft: true,
  };
}
