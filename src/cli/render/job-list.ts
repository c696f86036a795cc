import type { Job } from "../../core/job.ts";
import { type Paint, statusStyle } from "./paint.ts";
import { renderTable } from "./table.ts";
import { tookOf } from "./time.ts";

/** The table of `bioagent jobs`; with the run's id when the jobs are of several. */
export function renderJobList(
  jobs: readonly Job[],
  it: {
    readonly now: string;
    readonly width: number | null;
    readonly paint: Paint;
    readonly showRun: boolean;
  },
): string[] {
  return renderTable(
    [
      ...(it.showRun ? [{ title: "RUN" }] : []),
      { title: "JOB", shrink: true },
      { title: "STATUS" },
      { title: "TRIES", align: "right" as const },
      { title: "EXITS" },
      { title: "CLASS" },
      { title: "MEMORY", align: "right" as const },
      { title: "TOOK", align: "right" as const },
      { title: "ERROR", shrink: true },
    ],
    jobs.map((job) => [
      ...(it.showRun ? [job.run_id] : []),
      job.key,
      { text: job.reused_from ? `${job.status} (reused)` : job.status, style: statusStyle(job.status) },
      String(job.exit_codes.length),
      job.exit_codes.map((code) => code ?? "?").join(","),
      job.class ?? "",
      job.resources.memory,
      tookOf(job.started_at, job.completed_at, it.now),
      job.error ?? "",
    ]),
    it,
  );
}
