import { join } from "node:path";
import type { TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { deliver } from "../../../src/app/deliver.ts";
import type { Deps } from "../../../src/app/deps.ts";
import type { RunsCache } from "../../../src/app/runs-cache.ts";
import { startRun } from "../../../src/app/start.ts";
import { tickRun } from "../../../src/app/tick.ts";
import { environment, readConfig } from "../../../src/config.ts";
import type { Job } from "../../../src/core/job.ts";
import { Pipeline, type PipelineInput } from "../../../src/core/pipeline.ts";
import type { Run } from "../../../src/core/run.ts";
import { isFinalRun } from "../../../src/core/status.ts";
import { type BatchClient, openBatchClient } from "../../../src/executors/gcp_batch/batch-client.ts";
import { countCalls } from "../../../src/executors/gcp_batch/call-counts.ts";
import { executorOver } from "../../../src/executors/gcp_batch/gcp-batch-executor.ts";
import type { Channel, Message } from "../../../src/ports.ts";
import { type App, channelKinds, openApp } from "../../../src/wire.ts";
import { BUCKET, type World } from "./world.ts";

export interface AppOptions {
  readonly database?: string;
  readonly variables?: Readonly<Record<string, string>>;
  /** Stands between the executor and Batch. */
  readonly between?: (client: BatchClient) => BatchClient;
}

/** One process of the monitor, ticked by hand. */
export interface CloudApp extends App {
  readonly world: World;
  /** What it warned of. */
  readonly warnings: string[];
  /** What the channel `lab` was told. */
  readonly told: Message[];
  start(pipeline: PipelineInput, samples?: readonly string[], more?: StartMore): Promise<Run>;
  /** One pass, a while after the last: nothing that was listed before counts any more. Then notices. */
  tick(id: string): Promise<Run>;
  /** Passes until something holds, `seconds` after each other; fails after `most` passes. */
  until(id: string, holds: (run: Run, jobs: Jobs) => boolean, options?: UntilOptions): Promise<Run>;
  /** Passes until the run has ended. */
  end(id: string, options?: UntilOptions): Promise<Run>;
  jobs(id: string): Promise<Jobs>;
  /** The only job of a run of one job. */
  job(id: string): Promise<Job>;
}

type StartMore = Partial<Parameters<typeof startRun>[1]>;
export type Jobs = Readonly<Record<string, Job>>;
export interface UntilOptions {
  readonly seconds?: number;
  readonly most?: number;
}

/** A monitor process in a world; `addresses` are those of its cloud, as variables. */
export async function openCloudApp(
  t: TestContext,
  world: World,
  { database = "bioagent", variables = {}, between = (client) => client }: AppOptions,
  addresses: Readonly<Record<string, string>>,
): Promise<CloudApp> {
  const env = {
    ...addresses,
    BIOAGENT_STORE: "firestore",
    BIOAGENT_EXECUTOR: "gcp_batch",
    BIOAGENT_DATABASE: database,
    BIOAGENT_LEDGER: join(world.folder, "ledger"),
    BIOAGENT_ALLOW_PRIVATE_URLS: "true",
    ...variables,
  };
  const config = await readConfig({ env, cwd: world.folder, channelKinds });
  const warnings: string[] = [];
  const told: Message[] = [];
  const warn = (text: string): void => void warnings.push(text);
  const app = await openApp(config, { write: () => {}, warn, environment: environment(env) });
  t.after(() => app.close());
  const deps: Deps = {
    ...app.deps,
    executors: new Map([["gcp_batch", executorOf(app, world, between)]]),
    channels: new Map([["lab", listener(told)]]),
    subscriptions: [{ on: ["run.completed", "run.failed", "run.cancelled", "run.waiting"], to: ["lab"] }],
    now: world.now,
  };
  return { ...app, deps, world, warnings, told, ...stepsOf(deps, app.cache, world) };
}

/** As `wire.ts` opens it, on the clock of this world. */
function executorOf({ config, deps }: App, { now }: World, between: (client: BatchClient) => BatchClient) {
  const { batchEmulator: emulator, project, ...settings } = config.gcp;
  const counter = countCalls();
  const client = openBatchClient({ project: project!, emulator, counter });
  return executorOver(
    between(client),
    {
      ...settings,
      project: project!,
      emulator,
      storeUid: () => deps.store.uid(),
      readText: (uri) => deps.files.read(uri),
      hash: deps.hash,
      now,
      random: Math.random,
    },
    counter.read,
  );
}

const listener = (told: Message[]): Channel => ({
  name: "lab",
  kind: "test",
  recipients: ["lab"],
  paceMilliseconds: 0,
  async deliver(message) {
    told.push(message);
    return { kind: "delivered" };
  },
});

type Steps = Pick<CloudApp, "start" | "tick" | "until" | "end" | "jobs" | "job">;

function stepsOf(deps: Deps, cache: RunsCache, world: World): Steps {
  const jobs = async (id: string): Promise<Jobs> => {
    const loaded = await deps.store.load(id, 0, "whole");
    return Object.fromEntries((loaded?.jobs ?? []).map((job) => [job.key, job]));
  };
  const tick = async (id: string): Promise<Run> => {
    await lookAnew(deps);
    const run = await tickRun(deps, cache, id);
    if (!run) throw new Error(`there is no run ${id}`);
    await deliver(deps, { limit: 50 });
    return run;
  };
  const until: Steps["until"] = async (id, holds, { seconds = 1, most = 150 } = {}) => {
    for (let passes = 1; ; passes++) {
      const run = await tick(id);
      const now = await jobs(id);
      if (holds(run, now)) return run;
      if (passes >= most) throw new Error(`not after ${most} passes: ${summaryOf(run, now)}`);
      world.pass(seconds);
      await sleep(20);
    }
  };
  return {
    jobs,
    tick,
    until,
    end: (id, options) => until(id, (run) => isFinalRun(run.status), options),
    async job(id) {
      const all = Object.values(await jobs(id));
      if (all.length !== 1) throw new Error(`run ${id} has ${all.length} jobs`);
      return all[0]!;
    },
    async start(pipeline, samples = ["s1"], more = {}) {
      const { run } = await startRun(deps, {
        pipeline: Pipeline.parse(pipeline),
        samples: samples.map((sample) => ({ sample, rows: [{ sample }] })),
        input: null,
        output: `gs://${BUCKET}/results`,
        ...more,
      });
      return run;
    },
  };
}

/** What an executor has listed stands for a few seconds; to somebody who waited it does not. */
export async function lookAnew(deps: Pick<Deps, "executors">): Promise<void> {
  for (const executor of deps.executors.values()) await executor.changed(AbortSignal.abort());
}

const summaryOf = (run: Run, jobs: Jobs): string =>
  JSON.stringify({
    status: run.status,
    waiting: run.waiting,
    stopping: run.stopping,
    jobs: Object.values(jobs).map(({ key, status, waiting, attempts, error }) => ({
      ...{ key, status, waiting, error },
      attempts: attempts.map(({ id, status, raw_state }) => ({ id, status, raw_state })),
    })),
  });
