import type { Command } from "commander";
import { UsageError } from "./failure.ts";

export interface ModeOptions {
  readonly wait?: boolean;
  readonly watch?: boolean;
  readonly detach?: boolean;
  readonly allowSkips?: boolean;
}

/** How long a command stays with the run that it has set going. */
export type Mode = "wait" | "watch" | "detach";

export const addModeOptions = (command: Command): Command =>
  command
    .option("--watch", "stay to the end with live progress (the default)")
    .option("--wait", "stay to the end, and print only its notice")
    .option("--detach", "go away at once; tick, watch or serve let it go on")
    .option("--allow-skips", "exit 0 also when samples were skipped or failed");

const SPELLINGS: Readonly<Record<string, string>> = {
  wait: "--wait",
  watch: "--watch",
  detach: "--detach",
  dryRun: "--dry-run",
  planOnly: "--plan-only",
};

/** The chosen mode. At most one of the options that choose one may be given; `others` are such options besides. */
export function modeOf(options: ModeOptions, others: readonly string[] = []): Mode {
  const given = ["wait", "watch", "detach", ...others].filter(
    (name) => (options as Readonly<Record<string, unknown>>)[name] === true,
  );
  if (given.length > 1)
    throw new UsageError(`${given.map((name) => SPELLINGS[name]).join(" and ")} exclude each other`);
  if (options.wait) return "wait";
  return options.detach ? "detach" : "watch";
}
