import { ruleTable } from "../core/default-rules.ts";
import { memorableName } from "../core/name.ts";
import { type Params, type Pipeline, pathText, pipelineProblems, SAMPLE_PATTERN } from "../core/pipeline.ts";
import { equalKeys, jobCount, stepsTooBig } from "../core/plan.ts";
import { NAME_PATTERN, type Run, type Subscription } from "../core/run.ts";
import { didYouMean } from "../core/spelling.ts";
import type { ExecutorKind } from "../core/status.ts";
import type { Capacity, SheetPage, StartResult } from "../ports.ts";
import { Conflict, type Deps, InvalidRequest, TooMany } from "./deps.ts";

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
/** A run document must stay under Firestore's 1 MiB, with what grows in it. The rules in force repeat the steps' own. */
const MOST_RUN_CHARACTERS = 400_000;

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
  }
  if (problems.length > 0) throw new InvalidRequest(problems);
  return answer(await commitStart(deps, input, executor, capacity!));
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

type StartProblem = { path: string; message: string };

function startProblems(
  deps: Deps,
  input: StartInput,
  executor: ExecutorKind,
  capacity: Capacity | undefined,
): StartProblem[] {
  const problems: StartProblem[] = pipelineProblems(input.pipeline).map(({ path, message }) => ({
    path: pathText(path),
    message,
  }));
  const add = (path: string, message: string) => problems.push({ path, message });
  if (!deps.executors.has(executor)) {
    add(
      "executor",
      `executor ${executor} is not available here; there is ${[...deps.executors.keys()].join(", ") || "none"}`,
    );
  }
  problems.push(...sampleProblems(input), ...parameterProblems(input), ...nameProblems(input));
  for (const { message } of capacity ? stepsTooBig(input.pipeline, capacity.largest) : []) {
    add("resources", `${message} (executor ${executor})`);
  }
  const jobs = jobCount(input.pipeline, input.samples.length);
  if (jobs > deps.caps.jobsPerRun)
    add("samples", `the run would have ${jobs} jobs; the cap is ${deps.caps.jobsPerRun}`);
  const size =
    JSON.stringify(input.pipeline).length + JSON.stringify(input.samples.map(({ sample }) => sample)).length;
  if (size > MOST_RUN_CHARACTERS) {
    add(
      "pipeline",
      `pipeline and sample names take ${size} characters; a run document holds ${MOST_RUN_CHARACTERS}: move long scripts into files`,
    );
  }
  for (const channel of input.notify ?? []) {
    if (deps.channels.has(channel) || deps.brokenChannels.has(channel)) continue;
    add(
      "notify",
      `there is no channel ${JSON.stringify(channel)}${didYouMean(channel, [...deps.channels.keys()])}`,
    );
  }
  if (input.output.trim() === "") add("output", "say where the outputs go: a folder, or gs://bucket/folder");
  if (executor === "local" && /^[a-z]+:\/\//.test(input.output)) {
    add(
      "output",
      `the local executor writes to a folder of this machine, not to ${JSON.stringify(input.output)}`,
    );
  }
  return problems;
}

function sampleProblems({ pipeline, samples }: StartInput): StartProblem[] {
  const problems: StartProblem[] = [];
  const add = (message: string) => problems.push({ path: "samples", message });
  const perSample = pipeline.steps.some((step) => step.per === "sample");
  if (perSample && samples.length === 0)
    add("there is no sample; give --samples a,b,c or a sample sheet with at least one row");
  for (const { sample } of samples) {
    if (!SAMPLE_PATTERN.test(sample))
      add(`${JSON.stringify(sample)} is not a sample name: letters, digits, . _ and -, at most 63, no path`);
  }
  for (const [first, second] of equalKeys(samples.map(({ sample }) => sample))) {
    add(
      first === second
        ? `sample ${first} is given twice`
        : `samples ${first} and ${second} differ only in case`,
    );
  }
  return problems;
}

function parameterProblems({ pipeline, params = {}, reference }: StartInput): StartProblem[] {
  const declared = Object.keys(pipeline.params);
  const problems = Object.keys(params)
    .filter((name) => !declared.includes(name))
    .map((name) => ({
      path: `params.${name}`,
      message: `pipeline ${pipeline.pipeline} has no parameter ${name}${didYouMean(name, declared)}`,
    }));
  if (
    reference &&
    Object.keys(pipeline.references).length > 0 &&
    !(reference in pipeline.references) &&
    !reference.includes("/")
  ) {
    const known = Object.keys(pipeline.references);
    problems.push({
      path: "reference",
      message: `reference ${reference} is neither a path nor one of ${known.join(", ")}`,
    });
  }
  return problems;
}

function nameProblems({ name, labels = {} }: StartInput): StartProblem[] {
  const problems: StartProblem[] = [];
  if (name && (!NAME_PATTERN.test(name) || name.length > 63)) {
    problems.push({
      path: "name",
      message: `${JSON.stringify(name)} is not a name: lower case letters and digits, in parts joined by -`,
    });
  }
  for (const [key, value] of Object.entries(labels)) {
    if (/^[a-z][a-z0-9_-]{0,62}$/.test(key) && value.length <= 200) continue;
    problems.push({
      path: `labels.${key}`,
      message: "a label's name is lower case letters, digits, _ and -; its value has at most 200 characters",
    });
  }
  return problems;
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
