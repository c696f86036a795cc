/** The real command line as a child process, in a folder of its own. */
import { spawn } from "node:child_process";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";

export const BIN = fileURLToPath(new URL("../../../bin/bioagent.js", import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Options {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  /** Instead of the one that runs the tests. */
  readonly node?: string;
  readonly bin?: string;
  /** As this user; for root only. */
  readonly uid?: number;
}

/** Nothing of the caller's environment but what any program needs. */
const environment = (more: Options["env"] = {}): Record<string, string> => ({
  PATH: process.env["PATH"] ?? "",
  HOME: tmpdir(),
  TMPDIR: tmpdir(),
  ...more,
});

export function start(args: readonly string[], options: Options) {
  const { node = process.execPath, bin = BIN, cwd, uid } = options;
  const child = spawn(node, [bin, ...args], {
    cwd,
    env: environment(options.env),
    ...(uid === undefined ? {} : { uid }),
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  child.stdin.on("error", () => {}); // a command that ends without reading it
  child.stdin.end(options.stdin ?? "");
  const ended = new Promise<Ended>((resolve) =>
    child.on("close", (code) => resolve({ code, stdout, stderr })),
  );
  return { child, ended, seen: () => stdout };
}

export const cli = (args: readonly string[], options: Options): Promise<Ended> => start(args, options).ended;

/** Of a command that answers with one JSON document, and nothing else on stdout. */
export async function json(args: readonly string[], options: Options): Promise<Record<string, unknown>> {
  const { stdout, stderr } = await cli([...args, "--json"], options);
  try {
    return JSON.parse(stdout) as Record<string, unknown>;
  } catch {
    throw new Error(`bioagent ${args.join(" ")} --json printed no document: ${stdout}${stderr}`);
  }
}

/** Removed after the test. */
export async function folder(
  t: Pick<TestContext, "after">,
  files: Readonly<Record<string, string>> = {},
): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "bioagent-cli-"));
  t.after(() => rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }));
  for (const [name, text] of Object.entries(files)) await writeFile(join(path, name), text);
  return path;
}

export const listing = async (path: string): Promise<string[]> =>
  (await readdir(path, { recursive: true })).sort();

/** Waits until a named condition holds. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`it did not come to this in 30 s: ${what}`);
    await new Promise((done) => setTimeout(done, 50));
  }
}
