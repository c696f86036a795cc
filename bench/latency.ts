import { inApp, runToEnd } from "./project.ts";
import { type Bench, median, type Row } from "./row.ts";

const JOBS = 60;
/** Without the executor's word a pass comes once a second. */
const TICK_MILLISECONDS = 1000;

/** From the moment an attempt's exit record lies on the disk to the decision about it. */
export const latencyBench: Bench = {
  name: "latency",
  async run() {
    return [
      await latency("0.05", "jobs of 50 ms"),
      await latency("0.001", "jobs of 1 ms, the slots always full"),
    ];
  },
};

async function latency(seconds: string, what: string): Promise<Row> {
  const values = await inApp(2, async (app, folder) => {
    const run = await runToEnd(app, folder, {
      pipeline: {
        pipeline: "nap",
        steps: [{ id: "nap", script: `sleep ${seconds}`, resources: { memory: "64MiB" } }],
      },
      samples: JOBS,
    });
    const ended = new Map<string, number>();
    for (const job of (await app.deps.store.load(run.run_id, 0, "whole"))!.jobs)
      ended.set(job.key, Date.parse(job.completed_at!));
    const events = await app.deps.store.readEvents(run.run_id, -1, 100_000);
    return events
      .filter(({ type }) => type === "job.succeeded")
      .map(({ at, job }) => Date.parse(at) - ended.get(job!)!);
  });
  return {
    what: `local: from a job's end to its decision, ${what}`,
    measured: { unit: "ms", values },
    reference: { name: "a tick without a word from the executor", unit: "ms", values: [TICK_MILLISECONDS] },
    ratio: median(values) / TICK_MILLISECONDS,
    budget: "worst below a tick",
    holds: Math.max(...values) < TICK_MILLISECONDS,
    soft: true,
  };
}
