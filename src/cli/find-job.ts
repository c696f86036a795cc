import type { Job } from "../core/job.ts";
import { nearest } from "../core/spelling.ts";
import type { RunStore } from "../ports.ts";

/** The job of this key, or an error that suggests one. */
export async function findJob(store: RunStore, runId: string, key: string): Promise<Job> {
  const [job] = await store.readJobs(runId, [key]);
  if (job) return job;
  const { NotFound } = await import("../app/deps.ts");
  const loaded = await store.load(runId, 0, "heads");
  const near = nearest(
    key,
    (loaded?.jobs ?? []).map((each) => each.key),
  );
  throw new NotFound(
    `run ${runId} has no job ${JSON.stringify(key)}; ${near ? `did you mean ${near}?` : `bioagent jobs ${runId} lists them`}`,
  );
}
