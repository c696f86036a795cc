import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

export type LaunchAnswer =
  | { readonly kind: "claimed" }
  /** Another supervisor, or a tombstone, has the claim. */
  | { readonly kind: "taken" }
  | { readonly kind: "failed"; readonly why: string };

/** Starts supervisors. */
export interface Launcher {
  /** Resolves when the supervisor of this launch has the claim, or not. `attempt` is its folder, relative to the root. */
  launch(attempt: string, launch: string): Promise<LaunchAnswer>;
}

const SUPERVISOR = fileURLToPath(new URL("./supervisor.sh", import.meta.url));
const ANSWER_MILLISECONDS = 20_000;

/**
 * One bash for all supervisors of this monitor, started at the first launch and detached: forking a supervisor from it
 * costs a tenth of starting a program from Node. It ends when the monitor does; its supervisors do not.
 */
export function openLauncher(root: string, path: string): Launcher {
  const waiting = new Map<string, (answer: LaunchAnswer) => void>();
  let shell: ChildProcess | null = null;
  const settle = (launch: string, answer: LaunchAnswer) => {
    const settleOne = waiting.get(launch);
    waiting.delete(launch);
    if (shell && waiting.size === 0) letGo(shell);
    settleOne?.(answer);
  };
  const settleAll = (why: string) => {
    shell = null;
    for (const launch of [...waiting.keys()]) settle(launch, { kind: "failed", why });
  };
  return {
    launch(attempt, launch) {
      return new Promise((resolve) => {
        shell ??= startShell({ root, path, answered: settle, ended: settleAll });
        hold(shell);
        const late = setTimeout(() => {
          settle(launch, {
            kind: "failed",
            why: `its supervisor did not answer in ${ANSWER_MILLISECONDS} ms`,
          });
        }, ANSWER_MILLISECONDS);
        waiting.set(launch, (answer) => {
          clearTimeout(late);
          resolve(answer);
        });
        shell.stdin?.write(`${attempt} ${launch}\n`);
      });
    },
  };
}

function startShell(options: {
  root: string;
  path: string;
  answered: (launch: string, answer: LaunchAnswer) => void;
  ended: (why: string) => void;
}): ChildProcess {
  const shell = spawn("bash", ["--norc", "--noprofile", SUPERVISOR], {
    cwd: options.root,
    env: { PATH: options.path },
    detached: true,
    stdio: ["pipe", "pipe", "ignore"],
  });
  let said = "";
  let failure: string | null = null;
  shell.stdout?.setEncoding("utf8").on("data", (text: string) => {
    const lines = (said + text).split("\n");
    said = lines.pop() ?? "";
    for (const line of lines) {
      const [launch, kind, ...why] = line.split(" ");
      if (launch === "*") failure = why.join(" ");
      else options.answered(launch ?? "", toAnswer(kind, why.join(" ")));
    }
  });
  // Writing to a launcher that died: its end is told by "close" below, and by "error" where it never began.
  shell.stdin?.on("error", () => {});
  shell.on("error", (error) => options.ended(`bash could not be started: ${error.message}`));
  shell.on("exit", () => options.ended(failure ?? "the launcher of supervisors ended"));
  return shell;
}

function toAnswer(kind: string | undefined, why: string): LaunchAnswer {
  if (kind === "claimed" || kind === "taken") return { kind };
  return { kind: "failed", why };
}

/** The launcher keeps the monitor from exiting only while an answer is due. */
function letGo(shell: ChildProcess): void {
  shell.unref();
  for (const stream of [shell.stdin, shell.stdout]) (stream as { unref?: () => void } | null)?.unref?.();
}

function hold(shell: ChildProcess): void {
  shell.ref();
  for (const stream of [shell.stdin, shell.stdout]) (stream as { ref?: () => void } | null)?.ref?.();
}
