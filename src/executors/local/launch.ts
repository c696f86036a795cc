import { randomBytes } from "node:crypto";
import { mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { bytesOf, secondsOf } from "../../core/quantity.ts";
import type { Submission } from "../../ports.ts";
import { type GroupFiles, type MemoryGroups, makeGroup, removeGroup } from "./cgroup.ts";
import { attemptFolder, type Folder } from "./folder.ts";
import type { Machine } from "./machine.ts";
import { MARKER } from "./remains.ts";

/** What a script gets of the caller's environment: given in, because only the configuration reads it. */
export interface CallerEnvironment {
  readonly PATH: string;
  readonly HOME?: string | undefined;
  readonly LANG?: string | undefined;
  /** Absent: a folder of the attempt's own. */
  readonly TMPDIR?: string | undefined;
}

export interface LaunchContext {
  readonly folder: Folder;
  readonly machine: Machine;
  readonly groups: MemoryGroups | null;
  readonly environment: CallerEnvironment;
  readonly graceSeconds: number;
  readonly logCapBytes: number;
  readonly pageSize: number;
}

/**
 * Writes everything that one supervisor needs into a folder of this launch's own, and gives the folder's name. Two
 * launches of one attempt share nothing, so the one that loses the claim cannot spoil what the other works with.
 */
export function prepareLaunch(context: LaunchContext, submission: Submission): string {
  const launch = `w${randomBytes(6).toString("hex")}`;
  const attempt = join(context.folder.root, attemptFolder(submission.run_id, submission.attempt.id));
  const home = join(attempt, launch);
  mkdirSync(attempt, { recursive: true });
  mkdirSync(home);
  const { groups } = context;
  try {
    const group = groups && makeGroup(groups, launch, bytesOf(submission.attempt.resources.memory));
    fill(context, submission, group, home);
  } catch (error) {
    if (groups) removeGroup(groups, launch);
    rmSync(home, { recursive: true, force: true });
    throw error;
  }
  return launch;
}

function fill(context: LaunchContext, submission: Submission, group: GroupFiles | null, home: string): void {
  for (const part of context.environment.TMPDIR ? ["work", "out"] : ["work", "out", "tmp"]) {
    mkdirSync(join(home, part));
  }
  writeFileSync(join(home, "script"), submission.script);
  for (const [name, text] of Object.entries(submission.files)) writeFileSync(join(home, name), text);
  mkdirSync(join(resolve(submission.output), ".bioagent", submission.job), { recursive: true });
  writeFileSync(join(home, "spec"), specText(context, submission, group, home));
}

/** The specification as supervisor.sh reads it: fields ended by NUL, 18 single ones and then three lists. */
function specText(
  context: LaunchContext,
  submission: Submission,
  group: GroupFiles | null,
  home: string,
): string {
  const { attempt } = submission;
  const output = `${resolve(submission.output)}/`;
  const patterns = [...submission.outputs.map((declared) => declared.path), ...submission.metrics];
  const environment = Object.entries(scriptEnvironment(context, submission, home));
  const { host, boot, pidNamespace } = context.machine;
  const microseconds = (seconds: number) => String(Math.ceil(seconds * 1e6));
  return [
    attempt.id,
    `${host} ${boot} ${pidNamespace}`,
    home,
    group?.procs ?? "",
    group?.kills ?? "",
    group?.peak ?? "",
    String(bytesOf(attempt.resources.memory)),
    attempt.resources.time === undefined ? "0" : microseconds(secondsOf(attempt.resources.time)),
    attempt.resources.disk === undefined ? "0" : String(bytesOf(attempt.resources.disk)),
    microseconds(context.graceSeconds),
    String(context.logCapBytes),
    String(context.pageSize),
    output,
    join(output, ".bioagent", submission.job, `a${attempt.attempt}.json`),
    patterns.length > 0 && statSync(home).dev === statSync(output).dev ? "1" : "0",
    environment.some(([name]) => isBashsOwn(name)) ? "0" : "1",
    String(patterns.length),
    String(submission.shell.length),
    ...patterns,
    ...submission.shell,
    ...environment.map(([name, value]) => `${name}=${value}`),
    "",
  ].join("\0");
}

function scriptEnvironment(
  { environment, folder }: LaunchContext,
  submission: Submission,
  home: string,
): Record<string, string> {
  const files = Object.keys(submission.files).map((name) => [name, join(home, name)] as const);
  const given = {
    PATH: environment.PATH,
    HOME: environment.HOME,
    LANG: environment.LANG,
    TMPDIR: environment.TMPDIR ? resolve(folder.root, environment.TMPDIR) : join(home, "tmp"),
    INPUT_DIR: submission.input === null ? undefined : resolve(submission.input),
  };
  return {
    ...submission.environment,
    ...Object.fromEntries(files),
    ...Object.fromEntries(Object.entries(given).filter((entry) => entry[1] !== undefined)),
    WORK_DIR: join(home, "work"),
    OUTPUT_DIR: join(home, "out"),
    RESULTS_DIR: resolve(submission.output),
    [MARKER]: submission.attempt.id,
  };
}

/** Names that mean something to bash itself: setting them in the supervisor would change it, not only the script. */
const isBashsOwn = (name: string): boolean =>
  /^(BASH.*|IFS|UID|EUID|PPID|GROUPS|DIRSTACK|FUNC.*|LINENO|S?RANDOM|SECONDS|EPOCH.*|HIST.*|OPT.*|SHELLOPTS|SHLVL|POSIXLY_CORRECT|GLOBIGNORE|EXECIGNORE|GLOBSORT|PIPESTATUS|OLDPWD|PWD|COMP.*|READLINE.*|MAPFILE|REPLY|COPROC|TIMEFORMAT|TMOUT|LC_.*|CHILD_MAX|CDPATH|ENV|MAIL.*|PS\d|PROMPT.*|FIGNORE|INPUTRC|TERM|COLUMNS|LINES|HOSTFILE|MACHTYPE|OSTYPE|HOSTNAME|HOSTTYPE|IGNOREEOF|AUTO_RESUME)$/.test(
    name,
  );
