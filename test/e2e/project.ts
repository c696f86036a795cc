import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";

const bin = join(import.meta.dirname, "../../bin/bioagent.js");

export interface Finished {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

/** A user's folder with its own store, and the command line in it. */
export interface Project {
  readonly folder: string;
  write(name: string, text: string): string;
  read(name: string): string;
  /** Runs `bioagent ...` to its end. */
  run(...args: string[]): Promise<Finished>;
  /** The document that `bioagent ... --json` prints. */
  json<T>(...args: string[]): Promise<T>;
  /** Starts `bioagent ...`, for a test that kills it. */
  start(...args: string[]): { readonly child: ChildProcess; readonly done: Promise<Finished> };
}

/** A new folder, removed after the test; `variables` are added to a bare environment. */
export function openProject(t: TestContext, variables: Record<string, string> = {}): Project {
  const folder = mkdtempSync(join(tmpdir(), "bioagent-e2e-"));
  t.after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  const env = { PATH: process.env["PATH"], HOME: folder, NO_COLOR: "1", ...variables };
  const start = (...args: string[]) => {
    const child = spawn(process.execPath, [bin, ...args], {
      cwd: folder,
      env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const text = { out: "", err: "" };
    child.stdout.on("data", (chunk) => (text.out += chunk));
    child.stderr.on("data", (chunk) => (text.err += chunk));
    const done = new Promise<Finished>((finish) =>
      child.on("close", (code, signal) => finish({ code, signal, ...text })),
    );
    return { child, done };
  };
  const run = (...args: string[]) => start(...args).done;
  return {
    folder,
    write: (name, text) => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    },
    read: (name) => readFileSync(join(folder, name), "utf8"),
    start,
    run,
    json: async (...args) => {
      const finished = await run(...args, "--json");
      try {
        return JSON.parse(finished.out);
      } catch {
        throw new Error(
          `bioagent ${args.join(" ")} --json printed no document: ${finished.out}${finished.err}`,
        );
      }
    },
  };
}

/** The only run of a project, by its id. */
export async function onlyRun(project: Project): Promise<string> {
  const { runs } = await project.json<{ runs: { run_id: string }[] }>("list");
  if (runs.length !== 1) throw new Error(`${runs.length} runs instead of one`);
  return runs[0]!.run_id;
}

export interface ShownRun {
  run_id: string;
  status: string;
  outcome: string | null;
  summary: Record<string, number>;
  jobs: Record<
    string,
    {
      status: string;
      attempts: { id: string; attempt: number; exit_code: number | null }[];
      retry_count: number;
      classes?: (string | null)[];
      waiting?: { reason: string } | null;
    }
  >;
}
