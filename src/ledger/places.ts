import type { Run } from "../core/run.ts";
import type { Files } from "../ports.ts";

/** What the ledger asks of files: a directory or a bucket. */
export type LedgerFiles = Pick<Files, "read" | "write">;

const within = (folder: string, path: string): string => `${folder.replace(/\/+$/, "")}/${path}`;

export const runPlace = (ledger: string, runId: string): string => within(ledger, `runs/${runId}.json`);
export const memoryPlace = (ledger: string): string => within(ledger, "memory.md");
export const manifestPlace = (run: Run): string => within(run.config.output, "job_manifest.json");
/** Where an export that leaves the output folders alone puts them; not in `runs/`, whose `*.json` are all runs. */
export const exportedManifestPlace = (to: string, runId: string): string =>
  within(to, `job_manifests/${runId}.json`);

/** One line for the log: what was not written, and why. The ledger is derived, so nothing is lost. */
export function ledgerWarning(place: string, error: unknown): string {
  const why = error instanceof Error ? error.message : String(error);
  return `ledger: ${place} was not written: ${why} Once that is mended, "bioagent export" writes it again.`;
}
