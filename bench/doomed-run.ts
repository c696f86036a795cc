import { isFinalRun } from "../src/core/status.ts";
import { inApp, runToEnd } from "./project.ts";
import { type Bench, once } from "./row.ts";

const SAMPLES = 200;
const SLOTS = 2;

/** A run whose every job fails stops after the canary, whatever its size. */
export const doomedRunBench: Bench = {
  name: "doomed",
  async run() {
    const spent = await inApp(SLOTS, async (app, folder) => {
      const run = await runToEnd(app, folder, {
        pipeline: {
          pipeline: "doomed",
          steps: [{ id: "wrong", script: "exit 2", resources: { memory: "64MiB" } }],
        },
        samples: SAMPLES,
      });
      if (!isFinalRun(run.status)) throw new Error("the run did not end");
      const { jobs } = (await app.deps.store.load(run.run_id, 0, "whole"))!;
      return jobs.filter(({ attempts }) => attempts.some(({ started_at }) => started_at !== null)).length;
    });
    const budget = 10 + SLOTS;
    return [
      {
        what: `a run whose every job fails, ${SAMPLES} samples, ${SLOTS} slots`,
        measured: once(spent, "jobs spent"),
        reference: { name: "all", ...once(SAMPLES, "jobs") },
        ratio: spent / SAMPLES,
        budget: `at most 10 + ${SLOTS} in flight`,
        holds: spent <= budget,
      },
    ];
  },
};
