import { readFileSync } from "node:fs";
import { availableParallelism, totalmem } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { AdapterError, type Capacity, type Clock, type Executor } from "../../ports.ts";
import { cancelAttempt } from "./cancel.ts";
import { findMemoryGroups, ownLimit, sweepGroups } from "./cgroup.ts";
import { watchEnds } from "./ends.ts";
import { attemptFiles, openFolder } from "./folder.ts";
import { forgetAttempt } from "./forget.ts";
import type { Host } from "./host.ts";
import type { CallerEnvironment } from "./launch.ts";
import { openLauncher } from "./launcher.ts";
import { openLock } from "./lock.ts";
import { readLog } from "./log.ts";
import { pageSize, thisMachine } from "./machine.ts";
import { observeAttempts } from "./observe.ts";
import { openSlots, type Total } from "./slots.ts";
import { submitAttempts } from "./submit.ts";

export interface LocalExecutorOptions {
  /** State of all attempts on this machine; monitors that share it share its slots. */
  readonly directory: string;
  /** CPUs to give out; those that this process may use, unless given. */
  readonly cpus?: number | undefined;
  /** Bytes to give out; 90 % of the machine's memory or of this process's own limit, unless given. */
  readonly memoryBytes?: number | undefined;
  /** Between TERM and KILL. */
  readonly graceSeconds?: number | undefined;
  /** The largest log that is kept of an attempt. */
  readonly logCapBytes?: number | undefined;
  /** Compared with the times of files, so it must be the real time or close to it. */
  readonly now?: Clock | undefined;
  /** `off`: memory limits are only sampled. */
  readonly cgroups?: "auto" | "off" | undefined;
  readonly environment: CallerEnvironment;
}

const CGROUPS = "/sys/fs/cgroup";

/** Runs attempts as processes of this machine. They outlive this process; any later one finds how they ended. */
export function openLocalExecutor(options: LocalExecutorOptions): Executor {
  const host = openHost(options);
  return {
    kind: "local",
    capacity: async () => capacityOf(host),
    submit: (submissions) => submitAttempts(host, submissions),
    observe: (attempts) => observeAttempts(host, attempts),
    cancel: async (attempts) => {
      for (const ref of attempts) cancelAttempt(host, ref);
    },
    log: async (ref, { lines }) => readLog(attemptFiles(host.folder, ref).log, lines),
    forget: async (attempts) => {
      for (const ref of attempts) {
        await forgetAttempt(host, ref);
        await setImmediate(); // tidying has time; what fills a slot has not
      }
    },
    changed: (signal) => host.ends.changed(signal),
  };
}

function openHost(options: LocalExecutorOptions): Host {
  if (process.platform !== "linux") {
    throw new AdapterError(
      `The local executor was opened on ${process.platform}; it needs Linux (its supervisors read /proc). Use another executor, or a Linux container.`,
      { code: "local_platform", retryable: false },
    );
  }
  try {
    return buildHost(options);
  } catch (cause) {
    throw new AdapterError(
      `Could not open the local executor's folder ${options.directory}: ${(cause as Error).message}. It must be a folder that can be written.`,
      { code: "local_folder", retryable: false, cause },
    );
  }
}

/** A group that is empty for so long, milliseconds, belongs to no attempt that is just being started. */
const SWEPT_AFTER = 3_600_000;

function buildHost(options: LocalExecutorOptions): Host {
  const { now } = options;
  const folder = openFolder(options.directory);
  const self = readFileSync("/proc/self/cgroup", "utf8");
  const machine = thisMachine();
  const groups = options.cgroups === "off" ? null : findMemoryGroups(CGROUPS, self);
  if (groups) sweepGroups(groups, Date.now() - SWEPT_AFTER);
  const total = totalOf(options, self);
  return {
    folder,
    machine,
    groups,
    withoutGroups: options.cgroups === "off" ? "cgroups are switched off" : "no cgroup can be written",
    total,
    slots: openSlots(folder, openLock(join(folder.root, "slots.lock")), total),
    launcher: openLauncher(folder.root, options.environment.PATH),
    launchContext: {
      folder,
      machine,
      groups,
      environment: options.environment,
      graceSeconds: options.graceSeconds ?? 10,
      logCapBytes: options.logCapBytes ?? 16 * 2 ** 20,
      pageSize: pageSize(),
    },
    ends: watchEnds(folder.ended),
    now: now ? () => Date.parse(now()) : Date.now,
  };
}

function totalOf(options: LocalExecutorOptions, self: string): Total {
  const most = Math.min(totalmem(), ownLimit(CGROUPS, self) ?? Number.POSITIVE_INFINITY);
  return {
    milliCpus: Math.round((options.cpus ?? availableParallelism()) * 1000),
    memoryBytes: options.memoryBytes ?? Math.floor(most * 0.9),
  };
}

function capacityOf(host: Host): Capacity {
  const free = host.slots.free();
  return {
    largest: { cpu: host.total.milliCpus / 1000, memory: host.total.memoryBytes },
    free: { cpu: Math.max(0, free.milliCpus) / 1000, memory: Math.max(0, free.memoryBytes) },
    notes: host.groups
      ? []
      : [
          `memory limits are sampled every 0.2 s on this host, not enforced by the kernel: ${host.withoutGroups}`,
        ],
  };
}
