import { durationMs } from "../engine/stamp.ts";
import type { Runnable } from "../engine/task-spec.ts";

/** One runnable at work. */
export interface RunnableProcess {
  readonly ended: Promise<number>;
  kill(): void;
}

export interface SequenceOptions {
  readonly runnables: readonly Runnable[];
  /** Milliseconds for the whole task; null without a limit. */
  readonly limitMs: number | null;
  readonly start: (runnable: Runnable, index: number) => RunnableProcess;
  /** Said once for each runnable, as the service's agent does. */
  readonly said: (index: number, exitCode: number) => void;
}

export interface Sequence {
  /** The task's exit code: 0, or that of the first runnable that failed and was not ignored. */
  readonly ended: Promise<number>;
  kill(): void;
}

/** The code of a task or a runnable that ran over its time. */
const OVERTIME = 50005;

/**
 * Runs a task's runnables after the rules of `Runnable` in task.proto: in order; after a failure only `alwaysRun` ones; a
 * background one beside the others, and killed with the last of them; past the task's own limit nothing more, not even
 * `alwaysRun`.
 */
export function runSequence(options: SequenceOptions): Sequence {
  const atWork = new Set<RunnableProcess>();
  const stop: { why: "killed" | "overtime" | null } = { why: null };
  const end = (why: "killed" | "overtime") => {
    stop.why ??= why;
    for (const process of atWork) process.kill();
  };
  const limit = options.limitMs === null ? undefined : setTimeout(() => end("overtime"), options.limitMs);
  const ended = runAll(options, atWork, () => stop.why !== null).then((failure) => {
    clearTimeout(limit);
    if (stop.why === "overtime") return OVERTIME;
    return stop.why === "killed" ? 137 : failure;
  });
  return { ended, kill: () => end("killed") };
}

async function runAll(
  options: SequenceOptions,
  atWork: Set<RunnableProcess>,
  isStopped: () => boolean,
): Promise<number> {
  let failure = 0;
  const background: Promise<void>[] = [];
  const note = (runnable: Runnable, exitCode: number) => {
    if (failure === 0 && runnable.ignoreExitStatus !== true) failure = exitCode;
  };
  for (const [index, runnable] of options.runnables.entries()) {
    if (isStopped()) break;
    if (failure !== 0 && runnable.alwaysRun !== true) continue;
    const one = runOne(options, atWork, runnable, index);
    if (runnable.background === true) background.push(watchBackground(one, runnable, isStopped, note));
    else note(runnable, await one);
  }
  // What is still in the background has served its purpose: its end by our hand is no failure.
  const result = failure;
  for (const process of atWork) process.kill();
  await Promise.all(background);
  return result;
}

async function watchBackground(
  one: Promise<number>,
  runnable: Runnable,
  isStopped: () => boolean,
  note: (runnable: Runnable, exitCode: number) => void,
): Promise<void> {
  const exitCode = await one;
  if (!isStopped()) note(runnable, exitCode);
}

async function runOne(
  options: SequenceOptions,
  atWork: Set<RunnableProcess>,
  runnable: Runnable,
  index: number,
): Promise<number> {
  const process = options.start(runnable, index);
  atWork.add(process);
  let overtime = false;
  const limitMs = durationMs(runnable.timeout);
  const limit =
    limitMs === null
      ? undefined
      : setTimeout(() => {
          overtime = true;
          process.kill();
        }, limitMs);
  const ended = await process.ended;
  clearTimeout(limit);
  atWork.delete(process);
  const exitCode = overtime ? OVERTIME : ended;
  options.said(index, exitCode);
  return exitCode;
}
