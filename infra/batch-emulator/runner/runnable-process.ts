import type { ContainerRunnable, Runnable } from "../engine/task-spec.ts";
import { containerCommand } from "./container-command.ts";
import type { ContainerEngine } from "./container-engine.ts";
import { readContainerOptions } from "./container-options.ts";
import { endContainer } from "./container-removal.ts";
import { batchVariables, machineEnvironment, specVariables } from "./environment.ts";
import { MARK } from "./leftovers.ts";
import type { Machine } from "./machine.ts";
import { watchMemory } from "./memory-watch.ts";
import type { Mount } from "./mounts.ts";
import { type ProcessGroup, startGroup } from "./process-group.ts";
import type { TaskOrder } from "./runner.ts";
import type { RunnableProcess } from "./sequence.ts";
import { type Privacy, wrapCommand } from "./wrap.ts";

/** How containers are run: by an engine, as plain processes whose image is ignored, or not at all, for the reason given. */
export type Containers = { readonly engine: ContainerEngine } | "host" | { readonly none: string };

export interface RunnableOrder {
  readonly task: TaskOrder;
  readonly machine: Machine;
  readonly runnable: Runnable;
  readonly index: number;
  readonly containers: Containers;
  readonly privacy: Privacy;
  readonly mark: string;
  /** What the machine itself has in its environment beside the usual. */
  readonly environment: Readonly<Record<string, string>>;
  readonly say: (severity: "INFO" | "ERROR", lines: string[]) => void;
}

/** What `docker run` ends with when it could not run anything. */
const NOT_RUN = 125;

/** Starts a script or a container; throws a `DiskProblem` when it cannot be given what it mounts. */
export function startRunnable(order: RunnableOrder): RunnableProcess {
  const { script, container } = order.runnable;
  if (container !== undefined) return startContainer(order, container);
  if (script === undefined) return ended(0); // nothing to run
  const argv = scriptCommand(order, script);
  return startHere(order, {
    argv,
    cwd: order.machine.folder,
    mounts: order.machine.disks.mounts,
    memory: null,
    more: {},
  });
}

/** A text without a `#!` line is for sh (task.proto, Runnable.Script). */
function scriptCommand(order: RunnableOrder, script: { text?: string; path?: string }): string[] {
  if (script.text === undefined) return ["/bin/sh", script.path ?? ""];
  const file = order.machine.writeScript(order.index, script.text);
  return script.text.startsWith("#!") ? [file] : ["/bin/sh", file];
}

function startContainer(order: RunnableOrder, container: ContainerRunnable): RunnableProcess {
  const { containers } = order;
  if (containers === "host") return startOnHost(order, container);
  if ("engine" in containers) return startInEngine(order, container, containers.engine);
  order.say("ERROR", [`emulator: cannot run ${container.imageUri ?? "a container"}: ${containers.none}`]);
  return ended(NOT_RUN);
}

function startInEngine(
  order: RunnableOrder,
  container: ContainerRunnable,
  engine: ContainerEngine,
): RunnableProcess {
  const { task, machine } = order;
  const { uid } = task.record.job;
  const name = `${order.mark.slice(0, 8)}-${uid}-${task.index}-${task.retry}-r${order.index}`;
  const { volumes } = readContainerOptions(container.options);
  const argv = containerCommand(engine, {
    name,
    mark: order.mark,
    container,
    environment: { ...batchVariables(task, machine.hostsFile), ...specVariables(task, order.runnable) },
    mounts: machine.disks.ofContainer(container, volumes),
    memoryBytes: machine.memoryBytes,
  });
  // The client is the machine's, not the task's: it finds its configuration where whoever started the emulator has it.
  const client = startGroup({ argv, cwd: machine.folder, more: { [MARK]: order.mark }, say: order.say });
  return watchedContainer(engine, name, client);
}

/** Ended only when the container has gone, so that the machine's folders can go after it. */
function watchedContainer(engine: ContainerEngine, name: string, client: ProcessGroup): RunnableProcess {
  let removal: Promise<void> | null = null;
  let isOver = false;
  const ended = client.ended.then(async (exitCode) => {
    await removal;
    isOver = true;
    return exitCode;
  });
  return {
    ended,
    kill() {
      if (!isOver) removal ??= endContainer(engine, name, client);
    },
  };
}

/** The image is ignored: its entrypoint and commands are a process of this host, that sees the container's paths. */
function startOnHost(order: RunnableOrder, container: ContainerRunnable): RunnableProcess {
  const options = readContainerOptions(container.options);
  const entrypoint = options.entrypoint ?? container.entrypoint ?? "";
  const argv = [...(entrypoint === "" ? [] : [entrypoint]), ...(container.commands ?? [])];
  if (argv.length === 0) {
    order.say("ERROR", [
      `emulator: the command within ${container.imageUri ?? "the image"} is not known on the host`,
    ]);
    return ended(127);
  }
  const mounts = order.machine.disks.ofContainer(container, options.volumes);
  const cwd = options.workdir ?? (mounts.length === 0 ? order.machine.folder : "/");
  return startHere(order, { argv, cwd, mounts, memory: options.memoryBytes, more: options.environment });
}

interface Here {
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly mounts: readonly Mount[];
  readonly memory: number | null;
  readonly more: Readonly<Record<string, string>>;
}

function startHere(order: RunnableOrder, { argv, cwd, mounts, memory, more }: Here): RunnableProcess {
  const { task, machine, index } = order;
  const view = machine.view(index, mounts);
  const group = machine.memoryGroup(index, memory);
  const environment = {
    ...machineEnvironment(machine.folder),
    ...order.environment,
    ...batchVariables(task, machine.hostsFile),
    ...more,
    ...specVariables(task, order.runnable),
    [MARK]: order.mark,
  };
  const joined = group === null ? [] : [group.procs];
  const started = startGroup({
    argv: wrapCommand({ argv, cwd, joined, view, privacy: order.privacy }),
    cwd: machine.folder,
    environment,
    say: order.say,
  });
  return group === null ? watched(started, leastOf(memory, machine.memoryBytes)) : started;
}

const leastOf = (a: number | null, b: number | null): number | null =>
  a === null || b === null ? (a ?? b) : Math.min(a, b);

/** Where the kernel cannot hold the limit, a look every so often does. */
function watched(started: ProcessGroup, bytes: number | null): RunnableProcess {
  if (started.pid === null || bytes === null) return started;
  const stop = watchMemory(started.pid, bytes, started.kill);
  return { ended: started.ended.finally(stop), kill: started.kill };
}

export const ended = (exitCode: number): RunnableProcess => ({ ended: Promise.resolve(exitCode), kill() {} });
