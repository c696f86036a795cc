import type { Job } from "../core/job.ts";
import { noticeText } from "../core/message.ts";
import type { Run } from "../core/run.ts";
import { EXIT } from "./failure.ts";

const FINAL_TITLE = /^🧬 BioAgent Run (?:Complete|Failed|Cancelled)$/;

/** Whether this is what the console channel says of the end of this run: a command prints that itself, once and last. */
export function isFinalNotice(text: string, runId: string): boolean {
  const [title = "", run = ""] = text.split("\n");
  return FINAL_TITLE.test(title) && run === `Run: ${runId}`;
}

/** The notice of a run's end, from how it stands. */
export async function finalNotice(run: Run, jobs: readonly Job[]): Promise<string> {
  const { runFacts } = await import("../core/facts.ts");
  const event =
    run.status === "failed" ? "run.failed" : run.status === "cancelled" ? "run.cancelled" : "run.completed";
  const facts = runFacts({ run, jobs: new Map(jobs.map((job) => [job.key, job])) }, null);
  return noticeText(event, facts, { possible_repeat: false, test: false });
}

/** What a run's end means for the shell. */
export function runExitCode(
  { status, outcome }: Pick<Run, "status" | "outcome">,
  allowSkips: boolean,
): number {
  if (status === "failed" || status === "cancelled") return EXIT.failed;
  return outcome === "all_succeeded" || allowSkips ? EXIT.done : EXIT.skips;
}
