import type { Run } from "../core/run.ts";
import type { RunStore } from "../ports.ts";
import { manifestText, renderJobManifest } from "./job-manifest.ts";
import { MEMORY_RUNS, renderMemory } from "./memory.ts";
import { exportedManifestPlace, type LedgerFiles, manifestPlace, memoryPlace, runPlace } from "./places.ts";
import { renderRun, runText } from "./run-document.ts";
import { guard } from "./write-ledger.ts";

const PAGE = 100;

/**
 * Derives the ledger again from the store: these runs' files and manifests (all runs when none are given) and
 * `memory.md`. With `to`, everything goes there, manifests into `job_manifests/{run_id}.json`, and the output folders
 * are left alone. What could not be written is a warning, one line each; the rest is written.
 */
export async function exportLedger(parts: {
  readonly files: LedgerFiles;
  readonly ledger: string;
  readonly store: Pick<RunStore, "load" | "queryRuns">;
  readonly runs?: readonly string[];
  readonly to?: string;
}): Promise<{ readonly runs: number; readonly warnings: string[] }> {
  const { files, store, to } = parts;
  const ledger = to ?? parts.ledger;
  const warnings: string[] = [];
  let runs = 0;
  for await (const id of parts.runs?.length ? parts.runs : allRuns(store)) {
    const done = await guard(runPlace(ledger, id), warnings, async () => {
      const loaded = await store.load(id, 0, "whole");
      if (!loaded) throw new Error(`there is no run ${id}.`);
      const { run, jobs } = loaded;
      await files.write(runPlace(ledger, id), runText(renderRun(run, jobs)));
      const place = to === undefined ? manifestPlace(run) : exportedManifestPlace(to, id);
      await guard(place, warnings, () => files.write(place, manifestText(renderJobManifest(run, jobs))));
    });
    if (done) runs += 1;
  }
  await guard(memoryPlace(ledger), warnings, async () =>
    files.write(memoryPlace(ledger), renderMemory((await store.queryRuns({ limit: MEMORY_RUNS })).items)),
  );
  return { runs, warnings };
}

async function* allRuns(store: Pick<RunStore, "queryRuns">): AsyncGenerator<Run["run_id"]> {
  let cursor: string | undefined;
  do {
    const page = await store.queryRuns({ limit: PAGE, cursor });
    for (const run of page.items) yield run.run_id;
    cursor = page.cursor ?? undefined;
  } while (cursor !== undefined);
}
