import { createInterface } from "node:readline/promises";
import type { Context } from "../context.ts";
import { UsageError } from "../failure.ts";

/** Asks the person at the terminal whether to go on; where there is none, `--yes` must have said so. */
export async function confirm(context: Context, question: string, signal: AbortSignal): Promise<boolean> {
  if (!context.terminal.interactive || process.stdin.isTTY !== true)
    throw new UsageError("nobody is at a terminal to be asked: add --yes to go on without asking");
  const reader = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(?:es)?$/i.test((await reader.question(`${question} [y/N] `, { signal })).trim());
  } catch (error) {
    if (signal.aborted) return false;
    throw error;
  } finally {
    reader.close();
  }
}
