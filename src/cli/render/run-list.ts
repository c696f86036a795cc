import { beganAt } from "../../core/began.ts";
import type { Run } from "../../core/run.ts";
import type { Paint } from "./paint.ts";
import { jobsDone, runStyle, statusWords } from "./status-words.ts";
import { renderTable } from "./table.ts";
import { minuteOf, tookOf } from "./time.ts";

/** Narrower terminals leave out what the run's id says already: the pipeline and the year. */
const ROOMY = 100;

/** The table of `bioagent list`. */
export function renderRunList(
  runs: readonly Run[],
  it: { readonly now: string; readonly width: number | null; readonly paint: Paint },
): string[] {
  const roomy = it.width === null || it.width >= ROOMY;
  return renderTable(
    [
      { title: "RUN" },
      { title: "NAME", shrink: true },
      ...(roomy ? [{ title: "PIPELINE", shrink: true }] : []),
      { title: "STATUS", shrink: "last" },
      { title: "JOBS", align: "right" },
      { title: roomy ? "STARTED (UTC)" : "STARTED" },
      { title: roomy ? "DURATION" : "TOOK", align: "right" },
    ],
    runs.map((run) => [
      run.run_id,
      run.name,
      ...(roomy ? [run.pipeline] : []),
      { text: statusWords(run), style: runStyle(run) },
      jobsDone(run),
      roomy ? minuteOf(run.started_at) : minuteOf(run.started_at).slice("2026-".length) || "-",
      tookOf(beganAt(run), run.completed_at, it.now),
    ]),
    it,
  );
}
