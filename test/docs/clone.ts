/** What a newcomer has after `git clone` and `npm ci`, in a temporary folder: nothing there meets the tree that tests run in. */
import { spawn } from "node:child_process";
import { cp, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "./documents.ts";

const PARTS = [
  "bin",
  "src",
  "infra",
  "functions",
  "examples",
  "scripts",
  "docs",
  "package.json",
  "README.md",
  "CHANGELOG.md",
];
const SETTINGS = ["LICENSE", "tsconfig.json", "tsconfig.build.json"];

/** A test, or the suite that shares a folder. */
interface Owner {
  after(work: () => Promise<void>): void;
}

/** A copy without tests, with the installed packages linked; removed after the test. */
export async function cloneHere(owner: Owner): Promise<string> {
  const folder = await temporary(owner);
  for (const part of [...PARTS, ...SETTINGS])
    await cp(join(ROOT, part), join(folder, part), { recursive: true });
  await symlink(join(ROOT, "node_modules"), join(folder, "node_modules"));
  return folder;
}

export async function temporary(owner: Owner): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "bioagent-docs-"));
  owner.after(() => rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }));
  return folder;
}

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const MOST_MILLISECONDS = 120_000;

/** Runs a program to its end, without the caller's settings: none of its variables begins with BIOAGENT_ or npm_. */
export function run(program: string, args: readonly string[], cwd: string): Promise<Ended> {
  const child = spawn(program, args, {
    cwd,
    env: {
      ...plainEnvironment(),
      NO_UPDATE_NOTIFIER: "1",
      npm_config_offline: "true",
      npm_config_yes: "false",
    },
    stdio: ["ignore", "pipe", "pipe"],
    signal: AbortSignal.timeout(MOST_MILLISECONDS),
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
}

/** The caller's environment without settings of ours, of npm or of Node. */
export const plainEnvironment = (): Record<string, string | undefined> =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(?:BIOAGENT_|npm_|NODE_)/.test(name)));

/** The program's path, or null: the tests that need npm say so by name. */
export async function found(program: string): Promise<boolean> {
  const { code } = await run("bash", ["--norc", "-c", `command -v ${program}`], tmpdir());
  return code === 0;
}
