import type { Run } from "../core/run.ts";

/** Runs that `memory.md` shows; older ones still have their file. */
export const MEMORY_RUNS = 20;

type MemoryRun = Pick<Run, "run_id" | "pipeline" | "status" | "created_at">;

/** `memory.md`: the newest runs as the source document's table, newest first. The date is the day it was created, UTC. */
export function renderMemory(runs: readonly MemoryRun[]): string {
  const newest = [...runs].sort(newestFirst).slice(0, MEMORY_RUNS);
  const rows = newest.map((run) => {
    const cells = [run.run_id, run.pipeline, run.status, run.created_at.slice(0, 10)];
    return `| ${cells.map(cellOf).join(" | ")} |`;
  });
  return [
    "# BioAgent Recent Runs",
    "",
    "| Run ID | Pipeline | Status | Date |",
    "|--------|----------|--------|------|",
    ...rows,
    "",
  ].join("\n");
}

/** Statuses by run id, as a `memory.md` says: how far an earlier writer came. */
export function parseMemory(text: string): Map<string, string> {
  const rows = text.matchAll(/^\| ([A-Za-z0-9._-]+) \| .* \| ([a-z]+) \| \d{4}-\d\d-\d\d \|$/gm);
  return new Map([...rows].map(([, runId, status]) => [runId!, status!]));
}

function newestFirst(a: MemoryRun, b: MemoryRun): number {
  const [left, right] = [Date.parse(a.created_at), Date.parse(b.created_at)];
  return right - left || (a.run_id < b.run_id ? 1 : -1);
}

/** Imported runs may have any pipeline name; a bar or a line break would break the table. */
const cellOf = (text: string): string => text.replaceAll("|", "\\|").replace(/\s+/g, " ");
