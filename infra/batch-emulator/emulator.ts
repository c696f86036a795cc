import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createApi } from "./api.ts";
import { createControl } from "./control.ts";
import { createChance } from "./engine/chance.ts";
import { type Latencies, QUICK } from "./engine/life.ts";
import { createStamp } from "./engine/stamp.ts";
import { createTimers } from "./engine/timers.ts";
import { createEngine } from "./engine.ts";
import { createFaults } from "./faults.ts";
import { serveGrpc } from "./grpc.ts";
import { createNotifier, type PushOptions } from "./notify.ts";
import { fileRecords, type KeptRecords, memoryRecords } from "./records.ts";
import { serveRest } from "./rest.ts";
import { createHostRunner, type HostRunnerOptions } from "./runner/host-runner.ts";
import { createTaskLogs } from "./runner/task-log.ts";
import { checkScenario, readScenario, type Scenario } from "./scenario.ts";
import { lockState } from "./state-lock.ts";

export interface EmulatorOptions {
  /** 0 takes a free one. */
  readonly restPort: number;
  readonly grpcPort: number;
  /** Address to listen on; `127.0.0.1` unless told. */
  readonly host?: string | undefined;
  /** Jobs are kept in this JSON file, and machines and logs beside it in `FILE.d/`; nothing is kept without. */
  readonly statePath?: string | undefined;
  /** A file, YAML or JSON, or what would stand in it. */
  readonly scenario?: string | object | undefined;
  /** Wins over the scenario's. */
  readonly seed?: number | undefined;
  readonly speed?: number | undefined;
  readonly latencies?: Partial<Latencies> | undefined;
  /** Folder whose folders are all the buckets there are; without, one of the emulator's own, with any bucket in it. */
  readonly buckets?: string | undefined;
  /** See `HostRunnerOptions`; `auto` unless told. */
  readonly containers?: HostRunnerOptions["containers"] | undefined;
  /** Tasks that have processes at one time. 64 unless told. */
  readonly maxTasks?: number | undefined;
  /** What machines have in their environment beside PATH, HOME and LANG. */
  readonly environment?: Readonly<Record<string, string>> | undefined;
  /** Where messages of jobs' topics are pushed; nowhere without. */
  readonly push?: PushOptions | undefined;
}

export interface Emulator {
  readonly restPort: number;
  readonly grpcPort: number;
  /** Ends every process of every job, saves, and stops listening. */
  close(): Promise<void>;
}

/** Opens Batch on this machine: both wires on one store, and the engine behind them. Throws a `ScenarioError`. */
export async function openEmulator(options: EmulatorOptions): Promise<Emulator> {
  const scenario = scenarioOf(options.scenario);
  const parts = openParts(options, scenario);
  const { api, control, engine } = parts;
  const { host = "127.0.0.1" } = options;
  try {
    const rest = await serveRest({ api, port: options.restPort, host, extra: control });
    const grpc = await serveGrpc({ api, port: options.grpcPort, host }).catch(async (error: unknown) => {
      await rest.close();
      throw error;
    });
    engine.resumeAll();
    const stop = async () => {
      await Promise.all([rest.close(), grpc.close()]);
      await parts.close();
    };
    let stopped: Promise<void> | null = null;
    return { restPort: rest.port, grpcPort: grpc.port, close: () => (stopped ??= stop()) };
  } catch (error) {
    await parts.close();
    throw error;
  }
}

function scenarioOf(given: EmulatorOptions["scenario"]): Scenario {
  return typeof given === "string" ? readScenario(given) : checkScenario(given ?? {});
}

function openParts(options: EmulatorOptions, scenario: Scenario) {
  const { folder, records } = openStore(options.statePath);
  const mark = records.saved?.mark ?? randomUUID();
  const chance = createChance(records.saved?.chance ?? options.seed ?? scenario.seed ?? 1);
  const timers = createTimers(chance);
  const stamp = createStamp(chance);
  const speed = options.speed ?? scenario.speed ?? 1;
  const faults = createFaults({ records, chance, timers, speed }, scenario.rules);
  const notifier = createNotifier({
    chance,
    timers,
    speed,
    travel: faults.travel,
    touch: records.touch,
    push: options.push ?? {},
  });
  const logs = createTaskLogs(join(folder.path, "logs"));
  const runner = createHostRunner({
    folder: folder.path,
    isTemporary: options.statePath === undefined,
    buckets: {
      folder: resolve(options.buckets ?? join(folder.path, "buckets")),
      areAll: options.buckets !== undefined,
    },
    containers: options.containers ?? "auto",
    maxTasks: options.maxTasks ?? 64,
    environment: options.environment ?? {},
    mark,
    logs,
    stamp,
  });
  const engine = createEngine({
    records,
    chance,
    timers,
    stamp,
    speed,
    runner,
    latencies: { ...QUICK, ...scenarioLatencies(scenario), ...options.latencies },
    listener: notifier,
    tellStory: faults.tellStory,
  });
  records.keep(() => ({ mark, chance: chance.state(), messages: notifier.pending() }));
  notifier.resume((records.saved?.messages ?? []) as Parameters<typeof notifier.resume>[0]);
  return {
    api: createApi({ records, engine, faults, chance }),
    control: createControl({ records, engine, faults, notifier, logs }),
    engine,
    async close() {
      notifier.close();
      await engine.close();
      try {
        records.close();
      } finally {
        folder.remove();
      }
    },
  };
}

interface Store {
  readonly records: KeptRecords;
  /** For machines and logs. */
  readonly folder: { readonly path: string; remove(): void };
}

/** Records in memory and a folder for a while, or a state file and the folder beside it. */
function openStore(statePath: string | undefined): Store {
  if (statePath === undefined) {
    const path = mkdtempSync(join(tmpdir(), "batch-emulator-"));
    const remove = () => rmSync(path, { recursive: true, force: true });
    return { records: memoryRecords(), folder: { path, remove } };
  }
  const path = `${resolve(statePath)}.d`;
  const unlock = lockState(path);
  try {
    const records = fileRecords(resolve(statePath));
    rmSync(join(path, "machines"), { recursive: true, force: true }); // of an emulator that was killed
    return { records, folder: { path, remove: unlock } };
  } catch (error) {
    unlock();
    throw error;
  }
}

const LATENCY_NAMES = {
  queued_ms: "queuedMs",
  scheduled_ms: "scheduledMs",
  assigned_ms: "assignedMs",
  retry_ms: "retryMs",
  counts_lag_ms: "countsLagMs",
  hidden_tasks_ms: "hiddenTasksMs",
  cancel_ms: "cancelMs",
  delete_ms: "deleteMs",
} as const satisfies Record<string, keyof Latencies>;

function scenarioLatencies({ latencies = {} }: Scenario): Partial<Latencies> {
  return Object.fromEntries(
    Object.entries(latencies).map(([name, value]) => [
      LATENCY_NAMES[name as keyof typeof LATENCY_NAMES],
      value,
    ]),
  );
}
