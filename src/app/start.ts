import { ruleTable } from "../core/default-rules.ts";
import { memorableName } from "../core/name.ts";
import type { Params, Pipeline } from "../core/pipeline.ts";
import { jobCount } from "../core/plan.ts";
import type { Run, Subscription } from "../core/run.ts";
import type { ExecutorKind } from "../core/status.ts";
import type { Capacity, SheetPage, StartResult } from "../ports.ts";
import { AdapterError } from "../ports.ts";
import { Conflict, type Deps, InvalidRequest, TooMany } from "./deps.ts";
import { startProblems } from "./start-problems.ts";

/** One sample and its rows of the sheet, columns as written there. */
export interface SampleRows {
  readonly sample: string;
  readonly rows: readonly Readonly<Record<string, string>>[];
}

/** A request to start a run, read and shaped by a face, not yet checked against anything else. */
export interface StartInput {
  readonly pipeline: Pipeline;
  readonly samples: readonly SampleRows[];
  readonly input: string | null;
  /** The folder under which the run gets its own, named after its id. */
  readonly output: string;
  readonly reference?: string | null;
  readonly executor?: ExecutorKind | null;
  readonly region?: string | null;
  readonly name?: string | null;
  readonly description?: string | null;
  readonly params?: Params;
  readonly labels?: Readonly<Record<string, string>>;
  /** Channels that shall hear of this run's end, besides the configured subscriptions. */
  readonly notify?: readonly string[];
  readonly queue?: string | null;
  readonly requestedBy?: string | null;
  readonly resumedFrom?: string | null;
  /** `--plan-only`: stays in `planning` until `approve`. */
  readonly hold?: boolean;
  /** `Idempotency-Key`. */
  readonly requestKey?: string | null;
}

const KEY_LIFE_HOURS = 24;
const SHEET_PAGE_ROWS = 500;

/**
 * Starts a run: one atomic commit of the run (`planning`), its counter, its name and its request key, and then the answer.
 * Throws `InvalidRequest` with every problem, or `Conflict`; then nothing has changed.
 */
export async function startRun(deps: Deps, input: StartInput): Promise<{ run: Run; repeated: boolean }> {
  const executor = input.executor ?? deps.defaultExecutor;
  const capacity = await deps.executors.get(executor)?.capacity();
  const problems = startProblems(deps, input, executor, capacity);
  if (problems.length === 0) {
    const cannotWrite = await deps.files.prepare(folder(input.output));
    if (cannotWrite) problems.push({ path: "output", message: cannotWrite });
    const cannotRead = await unreadable(deps, input.input);
    if (cannotRead) problems.push({ path: "input", message: cannotRead });
  }
  if (problems.length > 0) throw new InvalidRequest(problems);
  return answer(await commitStart(deps, input, executor, capacity!));
}

/** Why the input's bucket can never be read, or null: a job would only find out when its machine is paid for. */
async function unreadable({ files }: Deps, input: string | null | undefined): Promise<string | null> {
  if (!input?.startsWith("gs://")) return null;
  try {
    await files.locate(input, ".bioagent-probe");
    return null;
  } catch (error) {
    return error instanceof AdapterError && !error.retryable ? error.message : null;
  }
}

async function commitStart(
  deps: Deps,
  input: StartInput,
  executor: ExecutorKind,
  capacity: Capacity,
): Promise<StartResult> {
  const now = deps.now();
  await refuseFlood(deps, now);
  const expires = new Date(Date.parse(now) + KEY_LIFE_HOURS * 3_600_000).toISOString();
  return deps.store.start({
    day: deps.dayOf(now),
    pipeline: input.pipeline.pipeline,
    name: input.name ?? null,
    suggestions: Array.from({ length: 8 }, () => memorableName(deps.random)),
    request: input.requestKey
      ? { key: input.requestKey, hash: deps.hash(JSON.stringify(input)), expires_at: expires }
      : null,
    documents: (id, name) => {
      const run = newRun(deps, input, executor, {
        id,
        name,
        now,
        notes: hostNotes(input.pipeline, executor, capacity),
      });
      const created = {
        seq: 0,
        at: now,
        type: "run.created" as const,
        job: null,
        attempt: null,
        data: createdData(run),
      };
      return { run, sheet: sheetPages(input.samples), events: [created], notices: [] };
    },
  });
}

/** Caps per hour protect the bill. */
async function refuseFlood(deps: Deps, now: string): Promise<void> {
  const since = new Date(Date.parse(now) - 3_600_000).toISOString();
  const recent = await deps.store.queryRuns({ since, limit: deps.caps.runsPerHour });
  if (recent.items.length < deps.caps.runsPerHour) return;
  const oldest = Date.parse(recent.items.at(-1)?.created_at ?? now);
  throw new TooMany(
    `${recent.items.length} runs were started in the last hour, which is the cap; wait, or raise caps.runs_per_hour`,
    Math.max(1, Math.ceil((oldest + 3_600_000 - Date.parse(now)) / 1000)),
  );
}

function answer(result: StartResult): { run: Run; repeated: boolean } {
  switch (result.kind) {
    case "created":
      return { run: result.run, repeated: false };
    case "repeated":
      return { run: result.run, repeated: true };
    case "name_taken":
      throw new Conflict(`the name is already that of run ${result.by}; choose another with --name`);
    case "key_reused":
      throw new Conflict(
        `this Idempotency-Key has already started run ${result.by}, by another request; use a new key`,
      );
    default:
      throw result satisfies never;
  }
}

const folder = (path: string): string => (path.endsWith("/") ? path : `${path}/`);

function newRun(
  deps: Deps,
  input: StartInput,
  executor: ExecutorKind,
  it: { id: string; name: string; now: string; notes: string[] },
): Run {
  const { pipeline } = input;
  const total = jobCount(pipeline, input.samples.length);
  return {
    run_id: it.id,
    name: it.name,
    description: input.description ?? pipeline.description ?? "",
    pipeline: pipeline.pipeline,
    executor,
    status: "planning",
    outcome: null,
    stopping: null,
    waiting: null,
    round: 1,
    created_at: it.now,
    started_at: null,
    completed_at: null,
    config: {
      input: input.input,
      output: `${folder(input.output)}${it.id}/`,
      reference: input.reference ?? null,
      executor,
      region: input.region ?? null,
      params: { ...pipeline.params, ...input.params },
      limits: pipeline.limits,
    },
    samples: input.samples.map(({ sample }) => sample),
    steps: pipeline.steps.map((step) => step.id),
    current_step: null,
    active_steps: [],
    preset: pipeline.preset,
    rules: ruleTable(pipeline),
    summary: {
      total_jobs: total,
      pending: total,
      submitted: 0,
      running: 0,
      succeeded: 0,
      failed: 0,
      skipped: 0,
      cancelled: 0,
      notes: "",
    },
    labels: { ...input.labels },
    queue: input.queue ?? null,
    requested_by: input.requestedBy ?? null,
    resumed_from: input.resumedFrom ?? null,
    rev: 0,
    pipeline_spec: pipeline,
    subscriptions: subscriptionsOf(deps, input),
    next_poll_at: it.now,
    held: input.hold ?? false,
    planned: 0,
    event_count: 1,
    told_waiting: [],
    notes: it.notes,
  };
}

function subscriptionsOf(deps: Deps, { notify = [] }: StartInput): Subscription[] {
  const own: Subscription[] =
    notify.length > 0 ? [{ on: ["run.completed", "run.failed", "run.cancelled"], to: [...notify] }] : [];
  return [...deps.subscriptions, ...own];
}

/** What the executor does otherwise than the pipeline says: told on the run, so that nobody is deceived. */
function hostNotes(pipeline: Pipeline, executor: ExecutorKind, capacity: Capacity): string[] {
  const images = pipeline.steps.filter((step) => step.image !== undefined).map((step) => step.id);
  if (executor !== "local" || images.length === 0) return [...capacity.notes];
  return [
    ...capacity.notes,
    `The local executor does not run container images yet: the scripts of ${images.join(", ")} ran on the host, with the tools on its PATH.`,
  ];
}

const createdData = (run: Run): Record<string, unknown> => ({
  name: run.name,
  pipeline: run.pipeline,
  executor: run.executor,
  samples: run.samples.length,
  jobs: run.summary.total_jobs,
  requested_by: run.requested_by,
});

/** Pages by rows, a sample never split. */
export function sheetPages(samples: readonly SampleRows[]): SheetPage[] {
  const pages: { page: number; samples: SampleRows[] }[] = [];
  let rows = 0;
  for (const sample of samples) {
    if (pages.length === 0 || rows + sample.rows.length > SHEET_PAGE_ROWS) {
      pages.push({ page: pages.length, samples: [] });
      rows = 0;
    }
    pages.at(-1)!.samples.push(sample);
    rows += Math.max(1, sample.rows.length);
  }
  return pages;
}
