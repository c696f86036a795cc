import { type ChildProcessByStdio, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import type { TestContext } from "node:test";
import { needs } from "../support/require.ts";

/** What the local executor asks of the machine. */
export const needsLinux = (t: TestContext): boolean =>
  needs(t, "Linux", process.platform === "linux", "the local executor reads /proc");

const living = new Map<string, (() => Promise<unknown>)[]>();

/** A folder for a store, pipelines, inputs and outputs, gone after the test. */
export function workFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "bioagent-serve-"));
  // Hooks run in the order they are given, so the folder's own one ends the processes that still write into it.
  t.after(async () => {
    await Promise.all((living.get(folder) ?? []).map((end) => end()));
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });
  for (const name of ["pipelines", "in", "out"]) mkdirSync(join(folder, name));
  writeFileSync(join(folder, "pipelines/waits.yaml"), WAITS);
  return folder;
}

/** Ends when somebody writes the file `go` into the input folder. */
const WAITS = `
pipeline: waits
steps:
  - id: wait
    script: |
      until [ -e "$INPUT_DIR/go" ]; do sleep 0.05; done
      echo "went on" | tee "$OUTPUT_DIR/$SAMPLE.txt"
    resources: { memory: 64MiB, time: 2m }
    outputs: ["{sample}.txt"]
`;

export interface Child {
  readonly process: ChildProcessByStdio<null, Readable, Readable>;
  /** All that it has printed so far. */
  printed(): string;
  /** Its exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
}

/** A node process in a work folder; killed after its test if it still lives. */
export function startNode(
  folder: string,
  args: readonly string[],
  variables: Record<string, string> = {},
): Child {
  const { PATH, HOME } = process.env;
  const env = { PATH, HOME, TMPDIR: tmpdir(), BIOAGENT_ALLOW_INLINE: "true", ...variables };
  const child = spawn(process.execPath, args, { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] });
  let printed = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (printed += String(chunk)));
  const ended = new Promise<number | NodeJS.Signals | null>((done) =>
    child.on("exit", (code, signal) => done(code ?? signal)),
  );
  const end = () => {
    child.kill("SIGKILL");
    return ended;
  };
  living.set(folder, [...(living.get(folder) ?? []), end]);
  return { process: child, printed: () => printed, ended };
}

export async function until<T>(
  what: string,
  find: () => Promise<T | null | false> | T | null | false,
): Promise<T> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const found = await find();
    if (found) return found;
    if (Date.now() > deadline) throw new Error(`in vain: ${what}`);
    await new Promise((done) => setTimeout(done, 20));
  }
}

/** The answer's JSON, or null while nobody listens. */
export async function getJson(url: string, init?: RequestInit): Promise<Record<string, unknown> | null> {
  try {
    return (await (await fetch(url, init)).json()) as Record<string, unknown>;
  } catch {
    // Not there (yet), or gone.
    return null;
  }
}
