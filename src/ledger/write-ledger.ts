import type { Run } from "../core/run.ts";
import { isFinalRun, type RunStatus } from "../core/status.ts";
import type { RunStore } from "../ports.ts";
import { manifestText, renderJobManifest } from "./job-manifest.ts";
import { MEMORY_RUNS, parseMemory, renderMemory } from "./memory.ts";
import { type LedgerFiles, ledgerWarning, manifestPlace, memoryPlace, runPlace } from "./places.ts";
import { cacheRuns, type RunSnapshot } from "./run-cache.ts";
import { renderRun, runText } from "./run-document.ts";

const PAUSE_MILLISECONDS = 60_000;
/** Another writer may have put an older state over ours in between; one that goes on racing is left to the next tick. */
const ROUNDS = 3;

export interface LedgerWriter {
  /**
   * Writes what is due for the runs that changed since the last call: a run's file and manifest at once when its status
   * changed, its file at most once a minute otherwise (what is not due is kept and written by a later call), then `memory.md`.
   * Returns warnings, one line each; it never throws, so a full disk of the ledger fails no run.
   */
  record(changed: readonly Run[], now: string): Promise<string[]>;
}

interface Known {
  /** As the run's file and manifest say; null when there is none yet. */
  readonly status: string | null;
  /** The last try, milliseconds; null when this writer has not tried. */
  readonly triedAt: number | null;
  readonly failed: boolean;
}
const UNKNOWN: Known = { status: null, triedAt: null, failed: false };

/**
 * The one writer of the ledger. `memory.md` is written last and stands for "all before it is written": a new process
 * compares it with the store and writes the runs again that a killed one left behind (the 20 newest).
 */
export function writeLedger(parts: {
  readonly files: LedgerFiles;
  /** Folder or bucket address. */
  readonly ledger: string;
  readonly store: Pick<RunStore, "load" | "readRun" | "queryRuns">;
}): LedgerWriter {
  const { files, ledger, store } = parts;
  const cache = cacheRuns(store);
  const known = new Map<string, Known>();
  const waiting = new Map<string, Run>();
  let memoryIsDue = false;
  let first = true;

  async function record(changed: readonly Run[], now: string): Promise<string[]> {
    const warnings: string[] = [];
    if (first) await guard(memoryPlace(ledger), warnings, catchUp);
    for (const run of changed) waiting.set(run.run_id, run);
    const due = [...waiting.values()].filter((run) =>
      isDue(run, known.get(run.run_id) ?? UNKNOWN, Date.parse(now)),
    );
    for (const run of due) await writeRun(run.run_id, Date.parse(now), warnings);
    const behind = [...waiting.keys()].some((id) => known.get(id)?.failed);
    if (memoryIsDue && !behind) await guard(memoryPlace(ledger), warnings, writeMemory);
    return warnings;
  }

  /** What an earlier process left behind. */
  async function catchUp(): Promise<void> {
    const text = await files.read(memoryPlace(ledger));
    const newest = (await store.queryRuns({ limit: MEMORY_RUNS })).items;
    const said = parseMemory(text ?? "");
    for (const run of newest) {
      const status = said.get(run.run_id) ?? null;
      known.set(run.run_id, { ...UNKNOWN, status });
      if (status !== run.status) waiting.set(run.run_id, run);
    }
    memoryIsDue = renderMemory(newest) !== text;
    first = false;
  }

  async function writeRun(id: string, now: number, warnings: string[]): Promise<void> {
    const before = known.get(id) ?? UNKNOWN;
    known.set(id, { ...before, triedAt: now, failed: true });
    await guard(runPlace(ledger, id), warnings, async () => {
      settle(id, before, await writeNewest(id, before.status, warnings), now);
    });
  }

  function settle(id: string, before: Known, written: Run | null, now: number): void {
    waiting.delete(id);
    if (written?.status !== before.status) memoryIsDue = true;
    if (written && !isFinalRun(written.status)) {
      known.set(id, { status: written.status, triedAt: now, failed: false });
      return;
    }
    known.delete(id);
    cache.forget(id);
  }

  /** Writes the run's files until they say the status that the store has; the run as written, null when it is gone. */
  async function writeNewest(id: string, said: string | null, warnings: string[]): Promise<Run | null> {
    let status = said;
    for (let round = 1; ; round += 1) {
      const snapshot = await cache.load(id);
      if (!snapshot) return null;
      if (snapshot.run.status !== status) {
        await guard(manifestPlace(snapshot.run), warnings, () => writeManifest(files, snapshot));
      }
      await files.write(runPlace(ledger, id), runText(renderRun(snapshot.run, snapshot.jobs)));
      status = snapshot.run.status;
      const newest = await store.readRun(id);
      if (round === ROUNDS || !newest || newest.status === status) return snapshot.run;
    }
  }

  async function writeMemory(): Promise<void> {
    let said: string | null = null;
    for (let round = 1; round <= ROUNDS; round += 1) {
      const text = renderMemory((await store.queryRuns({ limit: MEMORY_RUNS })).items);
      if (text === said) break;
      await files.write(memoryPlace(ledger), text);
      said = text;
    }
    memoryIsDue = false;
  }

  return { record };
}

/** At once when the status is another than the file's; otherwise, and after a failed try, once a minute. */
function isDue(
  run: { readonly status: RunStatus },
  { status, triedAt, failed }: Known,
  now: number,
): boolean {
  if (triedAt === null) return true;
  const paused = now - triedAt;
  // A clock that was set back must not stop the writer.
  if (paused >= PAUSE_MILLISECONDS || paused < 0) return true;
  return !failed && status !== run.status;
}

const writeManifest = (files: LedgerFiles, { run, jobs }: RunSnapshot): Promise<void> =>
  files.write(manifestPlace(run), manifestText(renderJobManifest(run, jobs)));

/** True when the work was done; otherwise one warning more. */
export async function guard(place: string, warnings: string[], work: () => Promise<void>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    warnings.push(ledgerWarning(place, error));
    return false;
  }
}
