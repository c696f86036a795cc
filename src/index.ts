/**
 * BioAgent as a library: the use cases of the command line, typed.
 *
 * ```ts
 * import { openBioAgent } from "bioagent";
 *
 * const bioagent = await openBioAgent();
 * const run = await bioagent.start({ pipeline, samples: ["s1", "s2"], output: "results" });
 * const end = await bioagent.wait(run.run_id);
 * await bioagent.close();
 * ```
 */
import { resolve } from "node:path";
import { approve, cancel, findRun, resume, retry } from "./app/change.ts";
import { type Deliveries, deliver } from "./app/deliver.ts";
import { type DriveOptions, drive } from "./app/drive.ts";
import { type SampleRows, type StartInput, startRun } from "./app/start.ts";
import { tickAll } from "./app/tick.ts";
import { environment, readConfig } from "./config.ts";
import type { Event } from "./core/event.ts";
import type { Job } from "./core/job.ts";
import { Pipeline, type PipelineInput } from "./core/pipeline.ts";
import type { Run } from "./core/run.ts";
import type { RetrySelection } from "./core/stop.ts";
import { type RunDocument, renderRun } from "./ledger/run-document.ts";
import type { JobQuery, Page, RunQuery } from "./ports.ts";
import { type App, channelKinds, openApp } from "./wire.ts";

export { Conflict, InvalidRequest, NotFound } from "./app/deps.ts";
export type { Decision } from "./core/job.ts";
export type { FailureClass, JobStatus, Outcome, RunStatus } from "./core/status.ts";
export { AdapterError } from "./ports.ts";
export type { DriveOptions, Event, Job, Pipeline, PipelineInput, RetrySelection, Run, RunDocument };

export interface OpenOptions {
  /** Where relative paths, `bioagent.yaml` and the default store lie; the working directory unless given. */
  readonly cwd?: string;
  /** A configuration file instead of `bioagent.yaml`. */
  readonly config?: string;
  /** Takes what the console channel says; standard output unless given. */
  readonly write?: (text: string) => void;
  /** Takes warnings, which are never results; standard error unless given. */
  readonly warn?: (text: string) => void;
}

/** A run to start. Samples are names, or names with the rows of a sample sheet. */
export interface StartOptions extends Omit<StartInput, "pipeline" | "samples" | "input"> {
  /** As in a pipeline file; defaults are filled in. */
  readonly pipeline: PipelineInput;
  readonly samples?: readonly (string | SampleRows)[];
  readonly input?: string | null;
}

export interface BioAgent {
  /** Starts a run. Throws `InvalidRequest` with every problem, or `Conflict`; then nothing has changed. */
  start(options: StartOptions): Promise<Run>;
  /** Drives a run to its end from this process, and returns it. Killed at any moment, nothing is lost: call it again. */
  wait(run: string, options?: DriveOptions): Promise<Run>;
  /** One pass over all active runs, and over the outbox. */
  tick(): Promise<{ runs: Run[]; errors: string[]; notices: Deliveries }>;
  cancel(run: string, by?: string): Promise<Run>;
  approve(run: string, by?: string): Promise<Run>;
  retry(run: string, selection?: RetrySelection, by?: string): Promise<Run>;
  resume(run: string, change?: Parameters<typeof resume>[2]): Promise<Run>;
  /** The run document with its jobs, as the ledger and `show --json` give it. */
  show(run: string): Promise<RunDocument>;
  runs(query?: Partial<RunQuery>): Promise<Page<Run>>;
  jobs(query?: Partial<JobQuery>): Promise<Page<Job>>;
  events(run: string): Promise<Event[]>;
  close(): Promise<void>;
}

/** Opens store, executors and channels as `bioagent.yaml` and the environment say. */
export async function openBioAgent(options: OpenOptions = {}): Promise<BioAgent> {
  const cwd = resolve(options.cwd ?? ".");
  const { variables } = environment();
  const config = await readConfig({ env: variables, configFile: options.config, cwd, channelKinds });
  const app = await openApp(config, {
    write: options.write ?? ((text) => void process.stdout.write(text)),
    warn: options.warn ?? ((text) => void process.stderr.write(`bioagent: ${text}\n`)),
  });
  return faceOf(app, cwd);
}

const MOST = 1000;

function faceOf({ deps, cache, close }: App, cwd: string): BioAgent {
  const find = (reference: string) => findRun(deps, reference);
  return {
    start: async (options) => (await startRun(deps, startInput(options, cwd))).run,
    wait: async (reference, options) => (await drive(deps, cache, await find(reference), options))!,
    tick: async () => ({
      ...(await tickAll(deps, cache, "all")),
      notices: await deliver(deps, { limit: MOST, cache }),
    }),
    cancel: async (reference, by) => cancel(deps, await find(reference), by ?? null),
    approve: async (reference, by) => approve(deps, await find(reference), by ?? null),
    retry: async (reference, selection = {}, by) => retry(deps, await find(reference), selection, by ?? null),
    resume: async (reference, change = {}) => (await resume(deps, await find(reference), change)).run,
    show: async (reference) => {
      const loaded = await deps.store.load(await find(reference), 0, "whole");
      return renderRun(loaded!.run, loaded!.jobs);
    },
    runs: (query) => deps.store.queryRuns({ limit: 100, ...query }),
    jobs: (query) => deps.store.queryJobs({ limit: MOST, ...query }),
    events: async (reference) => deps.store.readEvents(await find(reference), -1, Number.MAX_SAFE_INTEGER),
    close,
  };
}

function startInput(options: StartOptions, cwd: string): StartInput {
  const { samples = [], input = null, output, pipeline, ...rest } = options;
  const isUri = (path: string) => /^[a-z]+:\/\//.test(path);
  return {
    ...rest,
    pipeline: Pipeline.parse(pipeline),
    samples: samples.map((sample) => (typeof sample === "string" ? { sample, rows: [{ sample }] } : sample)),
    input: input === null || isUri(input) ? input : resolve(cwd, input),
    output: isUri(output) ? output : resolve(cwd, output),
  };
}
