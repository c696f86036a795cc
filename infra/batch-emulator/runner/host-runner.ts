import { join } from "node:path";
import { durationMs } from "../engine/stamp.ts";
import type { Runnable } from "../engine/task-spec.ts";
import type { JobRecord } from "../model.ts";
import { type Barriers, createBarriers } from "./barrier.ts";
import { type ContainerEngine, findContainerEngine } from "./container-engine.ts";
import { removeContainers } from "./container-removal.ts";
import type { Buckets } from "./disks.ts";
import { killLeftovers, runMark } from "./leftovers.ts";
import { groupName, type Machine, type MachinePlace, openMachine } from "./machine.ts";
import { MachineProblem } from "./machine-problem.ts";
import { findMemoryPlace, sweepGroups } from "./memory-group.ts";
import { findPathLog, type PathLog } from "./path-log.ts";
import { type Reaper, startReaper } from "./reaper.ts";
import { type Containers, ended, startRunnable } from "./runnable-process.ts";
import type { RunningTask, TaskOrder, TaskRunner } from "./runner.ts";
import { refuseSecrets } from "./secrets.ts";
import { type RunnableProcess, runSequence, type Sequence } from "./sequence.ts";
import { createSlots } from "./slots.ts";
import type { LogLine, LogSource, TaskLogs } from "./task-log.ts";
import { findPrivacy } from "./wrap.ts";

export interface HostRunnerOptions {
  /** For machines' folders; its own. */
  readonly folder: string;
  /** The folder goes with the emulator, also when that is killed. */
  readonly isTemporary: boolean;
  readonly buckets: Buckets;
  /** `auto`: under podman or docker if one works, else 125; `host`: always as plain processes; `off`: always 125. */
  readonly containers: "auto" | "host" | "off";
  /** How many tasks have processes at one time; others are RUNNING and wait, as on a slow machine. */
  readonly maxTasks: number;
  readonly environment: Readonly<Record<string, string>>;
  /** Makes the processes of this emulator known, see `killLeftovers`. */
  readonly mark: string;
  readonly logs: TaskLogs;
  readonly stamp: () => string;
}

interface Shared {
  readonly options: HostRunnerOptions;
  /** Of this run. */
  readonly mark: string;
  readonly place: MachinePlace;
  /** Looked for once, when the first container is wanted. */
  readonly containers: () => Promise<Containers>;
  readonly barriers: Barriers;
  /** Of the tasks that run and keep their log on a path. */
  readonly pathLogs: Map<TaskOrder, PathLog>;
}

/** Runs tasks as processes of this host. */
export function createHostRunner(options: HostRunnerOptions): TaskRunner {
  const { folder, buckets } = options;
  const mark = runMark(options.mark);
  const place = { folder, buckets, mark, memory: findMemoryPlace(), privacy: findPrivacy() };
  killLeftovers(options.mark);
  if (place.memory !== null) sweepGroups(place.memory, groupName(options.mark));
  // A temporary folder is of this run alone; a state file may have had an emulator that was killed.
  const swept =
    options.containers === "auto" && !options.isTemporary
      ? removeContainers(ENGINES, options.mark)
      : Promise.resolve();
  let containers: Promise<Containers> | null = null;
  let reaper: Reaper | null = null;
  const shared: Shared = {
    options,
    mark,
    place,
    containers() {
      containers ??= swept.then(() => findContainers(options.containers, (engine) => reaper?.watch(engine)));
      return containers;
    },
    barriers: createBarriers(),
    pathLogs: new Map(),
  };
  const slots = createSlots(options.maxTasks);
  const running = new Set<RunningTask>();
  return {
    start(order) {
      reaper ??= startReaper({
        mark,
        groups: place.memory === null ? null : join(place.memory.base, groupName(mark)),
        folder: options.isTemporary ? folder : null,
      });
      const kill = new AbortController();
      const done = slots.take(kill.signal).then((give) => runTask(shared, order, kill.signal).finally(give));
      const task = { ended: done.finally(() => running.delete(task)), kill: () => kill.abort() };
      running.add(task);
      return task;
    },
    async close() {
      for (const task of running) task.kill();
      await Promise.all([...running].map((task) => task.ended));
      await swept;
      if (place.memory !== null) sweepGroups(place.memory, groupName(options.mark)); // those of leftovers that died since
      reaper?.dismiss();
    },
  };
}

const ENGINES = ["podman", "docker"];

async function findContainers(
  wanted: HostRunnerOptions["containers"],
  found: (engine: ContainerEngine) => void,
): Promise<Containers> {
  if (wanted === "host") return wanted;
  if (wanted === "off") return { none: "it was started with --containers off" };
  const search = await findContainerEngine(ENGINES);
  if (search.engine !== null) {
    found(search.engine);
    return search;
  }
  const none = `neither podman nor docker works here (${search.problems.join("; ")}); install one, or start the emulator with --containers host`;
  return { none };
}

/**
 * What a task ends with that failed for none of the known reasons and in none of its runnables (task.proto, TaskExecution):
 * the machine could not be given its disks, or its secrets.
 */
const NOT_A_RUNNABLE = 50000;

async function runTask(shared: Shared, order: TaskOrder, killed: AbortSignal): Promise<number> {
  const needsContainers = order.shape.spec.runnables?.some(({ container }) => container !== undefined);
  const containers = needsContainers ? await shared.containers() : "host";
  if (killed.aborted) return 137;
  try {
    refuseSecrets(order);
    return await runOn(openMachine(shared.place, order), shared, order, { containers, killed });
  } catch (error) {
    agentSays(shared, order, `cannot run the task: ${(error as Error).message}`);
    return error instanceof MachineProblem ? NOT_A_RUNNABLE : 1;
  }
}

async function runOn(
  machine: Machine,
  shared: Shared,
  order: TaskOrder,
  { containers, killed }: { containers: Containers; killed: AbortSignal },
): Promise<number> {
  openPathLog(shared, order, machine);
  const sequence = startSequence(shared, order, machine, containers);
  killed.addEventListener("abort", sequence.kill, { once: true });
  try {
    return await sequence.ended;
  } finally {
    killed.removeEventListener("abort", sequence.kill);
    shared.pathLogs.delete(order);
    await machine.close();
  }
}

function openPathLog(shared: Shared, order: TaskOrder, { disks }: Machine): void {
  const found = findPathLog(order, disks);
  if (found === null) return;
  if (found.notice === null) shared.pathLogs.set(order, found.append);
  else agentSays(shared, order, found.notice);
}

function startSequence(shared: Shared, order: TaskOrder, machine: Machine, containers: Containers): Sequence {
  const name = `task/${order.record.job.uid}-group0-${order.index}/${order.retry}/0`;
  const left: RunnableProcess[] = [];
  const sequence = runSequence({
    runnables: order.shape.spec.runnables ?? [],
    limitMs: durationMs(order.shape.spec.maxRunDuration),
    // Real wording of the agent's line: opentargets/google-batch-monitor reads it (facts/batch.md 1.9).
    said: (index, code) =>
      agentSays(shared, order, `Task ${name} runnable ${index} exited with status ${code}`),
    start(runnable, index) {
      const process = startOne(shared, order, { machine, containers, runnable, index });
      left.push(process);
      return process;
    },
  });
  // What a runnable left behind ends with its machine.
  const ended = sequence.ended.finally(() => left.forEach((process) => void process.kill()));
  return { ended, kill: sequence.kill };
}

function startOne(
  shared: Shared,
  order: TaskOrder,
  one: { machine: Machine; containers: Containers; runnable: Runnable; index: number },
): RunnableProcess {
  const { environment } = shared.options;
  const { mark } = shared;
  if (one.runnable.barrier !== undefined) return waitAtBarrier(shared.barriers, order, one.index);
  const say = (severity: LogLine["severity"], lines: string[]) =>
    write(shared, order, "batch_task_logs", severity, lines);
  try {
    return startRunnable({ ...one, task: order, privacy: shared.place.privacy, mark, environment, say });
  } catch (error) {
    // A mount that cannot be had, a full disk, too large an environment: the task's end, not the emulator's.
    agentSays(shared, order, `cannot start runnable ${one.index}: ${(error as Error).message}`);
    return ended(1);
  }
}

function waitAtBarrier(barriers: Barriers, order: TaskOrder, index: number): RunnableProcess {
  const killed = Promise.withResolvers<number>();
  const place = barriers.arrive(`${order.record.job.uid}/${index}`, order.shape.taskCount);
  return {
    ended: Promise.race([place.passed.then(() => 0), killed.promise]),
    kill() {
      place.leave();
      killed.resolve(137);
    },
  };
}

const agentSays = (shared: Shared, order: TaskOrder, text: string): void =>
  write(shared, order, "batch_agent_logs", "INFO", [text]);

function write(
  shared: Shared,
  order: TaskOrder,
  log: LogLine["log"],
  severity: LogLine["severity"],
  texts: readonly string[],
): void {
  const { options, pathLogs } = shared;
  const { record, index, retry } = order;
  const lines = texts.map((text) => ({
    timestamp: options.stamp(),
    log,
    severity,
    task: index,
    retry,
    text,
  }));
  options.logs.append(logSource(record), lines);
  try {
    pathLogs.get(order)?.(lines);
  } catch (error) {
    pathLogs.delete(order);
    agentSays(shared, order, `the log is no longer kept: ${(error as Error).message}`);
  }
}

function logSource({ id, project, projectNumber, location, job }: JobRecord): LogSource {
  const policy = job["logsPolicy"] as { destination?: string } | undefined;
  const inCloudLogging = policy?.destination === "CLOUD_LOGGING"; // off by default, as with the service
  return { uid: job.uid, id, project, projectNumber, location, inCloudLogging };
}
