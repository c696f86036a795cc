import type { Run } from "../../core/run.ts";
import { isFinalRun } from "../../core/status.ts";
import { type Style, statusStyle } from "./paint.ts";

type Standing = Pick<Run, "status" | "outcome" | "stopping" | "waiting" | "held">;

/** `completed (some_skipped)`, `running (stopping)`, `planning (needs approval)`. */
export function statusWords(run: Standing): string {
  const { status, outcome, stopping, waiting, held } = run;
  if (isFinalRun(status)) return outcome === null || outcome === status ? status : `${status} (${outcome})`;
  if (stopping) return `${status} (stopping)`;
  if (held) return `${status} (needs approval)`;
  return waiting ? `${status} (waits: ${waiting.reason})` : status;
}

/** A run that ended with skips is not painted as a clean one. */
export const runStyle = ({ status, outcome }: Pick<Run, "status" | "outcome">): Style =>
  status === "completed" && outcome !== "all_succeeded" ? "yellow" : statusStyle(status);

/** `12/25`: jobs that succeeded of all. */
export const jobsDone = ({ summary }: Pick<Run, "summary">): string =>
  `${summary.succeeded}/${summary.total_jobs}`;
