import { type ChildProcess, spawn } from "node:child_process";
import { lineSplitter } from "./task-log.ts";

export interface Command {
  readonly argv: readonly string[];
  readonly cwd: string;
  /** All of it; that of the emulator itself, and `more`, without. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly more?: Readonly<Record<string, string>>;
  readonly say: (severity: "INFO" | "ERROR", lines: string[]) => void;
}

/** A process in a group and session of its own. */
export interface ProcessGroup {
  readonly pid: number | null;
  /** The first process's exit code, 128 + N for signal N, 127 when it could not be started. */
  readonly ended: Promise<number>;
  /** Kills the whole group; also what the first process left behind. */
  kill(): void;
}

/** Signals by their number, for 128 + N. */
const SIGNALS: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGILL: 4,
  SIGTRAP: 5,
  SIGABRT: 6,
  SIGBUS: 7,
  SIGFPE: 8,
  SIGKILL: 9,
  SIGUSR1: 10,
  SIGSEGV: 11,
  SIGUSR2: 12,
  SIGPIPE: 13,
  SIGALRM: 14,
  SIGTERM: 15,
  SIGXCPU: 24,
  SIGXFSZ: 25,
  SIGSYS: 31,
};

/** How long output may still come after the first process ended, from those that it left behind. Milliseconds. */
const DRAIN_MS = 200;

export function startGroup(command: Command): ProcessGroup {
  const child = spawn(command.argv[0]!, command.argv.slice(1), {
    cwd: command.cwd,
    env: { ...(command.environment ?? process.env), ...command.more },
    detached: true, // a group of its own: killed as a whole
    stdio: ["ignore", "pipe", "pipe"],
  });
  const flush = [
    follow(child, "stdout", (lines) => command.say("INFO", lines)),
    follow(child, "stderr", (lines) => command.say("ERROR", lines)),
  ];
  const ended = endOf(child, command).then((code) => {
    for (const one of flush) one();
    return code;
  });
  return {
    pid: child.pid ?? null,
    ended,
    kill() {
      if (child.pid !== undefined) killGroup(child.pid);
    },
  };
}

function follow(child: ChildProcess, name: "stdout" | "stderr", take: (lines: string[]) => void): () => void {
  const splitter = lineSplitter(take);
  child[name]!.setEncoding("utf8").on("data", splitter.push);
  return splitter.flush;
}

function endOf(child: ChildProcess, command: Command): Promise<number> {
  return new Promise((resolve) => {
    child.once("error", (error) => {
      command.say("ERROR", [`cannot start ${command.argv[0]}: ${error.message}`]);
      resolve(127);
    });
    child.once("exit", (code, signal) => {
      const exitCode = code ?? 128 + (SIGNALS[signal ?? ""] ?? 0);
      const late = setTimeout(() => {
        child.stdout?.destroy();
        child.stderr?.destroy();
        resolve(exitCode);
      }, DRAIN_MS);
      child.once("close", () => {
        clearTimeout(late);
        resolve(exitCode);
      });
    });
  });
}

export function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // The group is gone, which was wanted.
  }
}
