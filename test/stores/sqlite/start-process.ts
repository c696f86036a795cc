import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { TestContext } from "node:test";

export const STORE_PROCESS = join(import.meta.dirname, "store-process.ts");
export type Line = Readonly<Record<string, unknown>>;

/** Runs a command whose every line is a JSON value; `onLine` sees each as it comes. Resolves with all of them at its end. */
export async function linesOf(
  t: TestContext,
  command: readonly [string, ...string[]],
  options: { readonly uid?: number; readonly onLine?: (line: Line, child: ChildProcess) => void } = {},
): Promise<Line[]> {
  const ids = options.uid === undefined ? {} : { uid: options.uid, gid: options.uid };
  const child = spawn(command[0], command.slice(1), { stdio: ["ignore", "pipe", "inherit"], ...ids });
  t.after(() => child.kill("SIGKILL"));
  const closed = once(child, "close");
  const lines: Line[] = [];
  for await (const text of createInterface({ input: child.stdout })) {
    const line = JSON.parse(text) as Line;
    lines.push(line);
    options.onLine?.(line, child);
  }
  await closed;
  return lines;
}

/** `linesOf` for `store-process.ts`. */
export const storeProcess = (
  t: TestContext,
  args: readonly string[],
  options: Parameters<typeof linesOf>[2] = {},
): Promise<Line[]> => linesOf(t, [process.execPath, STORE_PROCESS, ...args], options);
