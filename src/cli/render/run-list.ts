import type { Run } from "../../core/run.ts";
import type { Paint } from "./paint.ts";
import { jobsDone, runStyle, statusWords } from "./status-words.ts";
import { renderTable } from "./table.ts";
import { minuteOf, tookOf } from "./time.ts";

/** The table of `bioagent list`. */
export function renderRunList(
  runs: readonly Run[],
  it: { readonly now: string; readonly width: number | null; readonly paint: Paint },
): string[] {
  return renderTable(
    [
      { title: "RUN" },
      { title: "NAME", shrink: true },
      { title: "PIPELINE", shrink: true },
      { title: "STATUS", shrink: true },
      { title: "JOBS", align: "right" },
      { title: "STARTED (UTC)" },
      { title: "DURATION", align: "right" },
    ],
    runs.map((run) => [
      run.run_id,
      run.name,
      run.pipeline,
      { text: statusWords(run), style: runStyle(run) },
      jobsDone(run),
      minuteOf(run.started_at),
      tookOf(run.started_at, run.completed_at, it.now),
    ]),
    it,
  );
}
