import { statusLine } from "../../core/outcome.ts";
import { isFinalRun } from "../../core/status.ts";
import type { Message, RunView } from "../../ports.ts";
import { discussion } from "./discussion.ts";
import { jobTable, stepTable } from "./job-table.ts";
import { code } from "./markdown.ts";

/** What the file says of the run, between its markers. `brief`: a row for each step, for a document that is nearly full. */
export function resultsText(message: Message, view: RunView | null, brief = false): string {
  const { facts } = message;
  const name = code(facts.run_id);
  if (view === null) {
    const why = message.test
      ? "This is a test message: there are no jobs."
      : "Its jobs could not be read any more.";
    return `${name} (${code(facts.pipeline)}): ${code(facts.status_line)}\n\n${why}`;
  }
  const { run, jobs } = view;
  const isEnded = isFinalRun(run.status);
  const state = isEnded ? statusLine(run, new Map(jobs.map((job) => [job.key, job]))) : "";
  const said = isEnded ? `${run.status.toUpperCase()}, ${code(state)}` : run.status.toUpperCase();
  const planning =
    !isEnded && jobs.length < run.summary.total_jobs ? "\n\nIts jobs are still being planned." : "";
  const head = `${name} (${code(run.pipeline)}, ${code(run.name)}): ${said}${planning}`;
  return [head, brief ? stepTable(view) : jobTable(view), ...(isEnded ? [discussion(view)] : [])].join(
    "\n\n",
  );
}

/** What stands above the region in a file that is made for it. */
export const resultsHeading = (message: Message): string => `# Results: ${code(message.facts.name)}\n\n`;
