import { jobBytes, MOST_BYTES } from "../core/chunk.ts";
import type { Event } from "../core/event.ts";
import { jobKey } from "../core/ids.ts";
import type { Job } from "../core/job.ts";
import { stepOf } from "../core/pipeline.ts";
import { type Input, planJob, type Slot, slots } from "../core/plan.ts";
import type { Run } from "../core/run.ts";
import { startedNotices } from "../core/tell.ts";
import { audienceOf, type Deps } from "./deps.ts";
import { readRows } from "./sheet.ts";

/** Jobs of one commit: each is a document and at most one event. */
const JOBS_PER_CHUNK = 180;

/**
 * Plans the run's next chunk of jobs in one commit; the last chunk sets it running, unless it is held for approval.
 * A crash loses at most a chunk that was never committed: `planned` says where to go on.
 */
export async function planChunk(
  deps: Deps,
  run: Run,
  known: ReadonlyMap<string, Job>,
): Promise<{ run: Run; jobs: Job[] } | "conflict"> {
  const storeUid = await deps.store.uid();
  const chunk = slots(run.pipeline_spec, run.samples, run.planned, JOBS_PER_CHUNK);
  const earlier = await reusable(deps, run, chunk);
  // All at once: on a bucket, files looked for at the same time are found by one listing.
  const inputs = await Promise.all(chunk.map((slot) => inputsOf(deps, run, slot)));
  const jobs = new Map<string, Job>();
  const events: Event[] = [];
  const now = deps.now();
  let bytes = 0;
  for (const [at, slot] of chunk.entries()) {
    if (bytes > MOST_BYTES / 2) break;
    const upstream = upstreamOf(run, slot, (key) => jobs.get(key) ?? known.get(key));
    const fingerprints = upstream.map((job) => job.fingerprint ?? "");
    const planned = planJob(run, slot, {
      inputs: inputs[at]!,
      upstream: fingerprints,
      storeUid,
      hash: deps.hash,
    });
    const job = restsOnNewGather(run, planned, (key) => jobs.get(key) ?? known.get(key))
      ? planned
      : await reuse(deps, run, planned, upstream, earlier);
    jobs.set(job.key, job);
    bytes += jobBytes(job);
    if (job.reused_from) {
      const seq = run.event_count + events.length;
      events.push({
        seq,
        at: now,
        type: "job.reused",
        job: job.key,
        attempt: null,
        data: { ...job.reused_from },
      });
    }
  }
  return commitChunk(deps, run, [...jobs.values()], events, now);
}

async function commitChunk(deps: Deps, run: Run, jobs: Job[], events: Event[], at: string) {
  const planned = run.planned + jobs.length;
  const over = planned >= run.summary.total_jobs;
  const starts = over && !run.held;
  if (over) {
    const data = { jobs: planned, reused: events.length };
    events.push({
      seq: run.event_count + events.length,
      at,
      type: "run.planned",
      job: null,
      attempt: null,
      data,
    });
  }
  const reused = jobs.filter((job) => job.status === "succeeded").length;
  const { summary } = run;
  const next: Run = {
    ...run,
    planned,
    status: starts ? "running" : run.status,
    started_at: starts ? (run.started_at ?? at) : run.started_at,
    summary: { ...summary, pending: summary.pending - reused, succeeded: summary.succeeded + reused },
    event_count: run.event_count + events.length,
    next_poll_at: over && run.held ? FAR : at,
  };
  const notices = starts ? startedNotices(next, audienceOf(deps), at) : [];
  const result = await deps.store.commit({ run: next, jobs, events, notices });
  if (result.kind === "conflict") return "conflict" as const;
  return { run: { ...next, rev: result.rev }, jobs: jobs.map((job) => ({ ...job, rev: result.rev })) };
}

/** A held run is not looked at before somebody approves it. */
export const FAR = "9999-12-31T00:00:00.000Z";

/** The planned jobs that a slot needs. Planning is topological, so they are there. */
function upstreamOf(run: Run, { step, sample }: Slot, find: (key: string) => Job | undefined): Job[] {
  return step.needs.flatMap((id) => {
    const need = stepOf(run.pipeline_spec, id);
    const samples = need.per === "run" ? [null] : sample === null ? run.samples : [sample];
    return samples.map((of) => find(jobKey(need.id, of))).filter((job) => job !== undefined);
  });
}

/** The sample's cells by column, files located; several rows' values joined by spaces. */
async function inputsOf(deps: Deps, run: Run, { sample }: Slot): Promise<Record<string, Input>> {
  if (sample === null) return {};
  const rows = await readRows(deps, run, sample);
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))].filter(
    (column) => column.toLowerCase() !== "sample",
  );
  const inputs: Record<string, Input> = {};
  for (const column of columns) {
    const cells = await Promise.all(rows.map((row) => locate(deps, run, row[column] ?? "")));
    // Of a column that mixes files and plain values, both count.
    const contents = cells.map((cell) => cell.generation ?? cell.value);
    inputs[column] = {
      value: cells.map((cell) => cell.value).join(" "),
      generation: cells.every((cell) => cell.generation === null) ? null : JSON.stringify(contents),
    };
  }
  return inputs;
}

async function locate(deps: Deps, run: Run, cell: string): Promise<Input> {
  if (cell === "") return { value: "", generation: null };
  const file = await deps.files.locate(run.config.input, cell);
  return file ? { value: file.path, generation: file.generation } : { value: cell, generation: null };
}

/** The jobs of the run that is resumed, for the slots of this chunk. */
async function reusable(
  deps: Deps,
  run: Run,
  chunk: readonly Slot[],
): Promise<Map<string, { run: Run; job: Job }>> {
  if (!run.resumed_from) return new Map();
  const earlier = await deps.store.readRun(run.resumed_from);
  if (!earlier) return new Map();
  const jobs = await deps.store.readJobs(
    earlier.run_id,
    chunk.map(({ step, sample }) => jobKey(step.id, sample)),
  );
  return new Map(jobs.map((job) => [job.key, { run: earlier, job }]));
}

/** Whether a gather above this job is made anew: what it gathers may differ, which no fingerprint of definitions can know. */
function restsOnNewGather(run: Run, job: Job, find: (key: string) => Job | undefined): boolean {
  const { pipeline_spec } = run;
  return upstreamOf(run, { step: stepOf(pipeline_spec, job.step), sample: job.sample }, find).some(
    (needed) =>
      needed.reused_from === null && (gathers(run, needed.step) || restsOnNewGather(run, needed, find)),
  );
}

function gathers(run: Run, id: string): boolean {
  const step = stepOf(run.pipeline_spec, id);
  return step.per === "run" && step.needs.some((need) => stepOf(run.pipeline_spec, need).per === "sample");
}

/**
 * A job whose result would be the same, and still lies there, is taken over. A gather only when everything it gathers
 * was taken over too: its inputs are what succeeded, which no fingerprint of definitions can know.
 */
async function reuse(
  deps: Deps,
  run: Run,
  job: Job,
  upstream: readonly Job[],
  earlier: ReadonlyMap<string, { run: Run; job: Job }>,
): Promise<Job> {
  const old = earlier.get(job.key);
  if (old?.job.status !== "succeeded" || old.job.fingerprint !== job.fingerprint) return job;
  if (job.sample === null && upstream.some((needed) => needed.reused_from === null)) return job;
  const taken = await deps.files.adopt(old.run.config.output, run.config.output, job.key, old.job.outputs);
  if (!taken) return job;
  return {
    ...job,
    status: "succeeded",
    completed_at: deps.now(),
    outputs: old.job.outputs,
    metrics: old.job.metrics,
    reused_from: old.job.reused_from ?? { run_id: old.run.run_id, job: old.job.key },
  };
}
