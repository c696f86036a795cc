import type { Contact } from "../contact.ts";
import type { Answer } from "../http.ts";
import { lastPart, listAt, textAt } from "../json.ts";
import { stopped, success } from "../probes/exits.ts";
import { LABEL } from "../settings.ts";

/** What changes in the emulator. */
export const EMULATOR = "infra/batch-emulator/api/page.ts, list-jobs.ts";
/** What changes in the executor. */
export const OBSERVATION = "src/executors/gcp_batch: the list of each tick";

export const idsOf = (answer: Answer): string[] =>
  listAt(answer.body, "jobs").map((job) => lastPart(textAt(job, "name")));
/** A filter for the jobs of this run. */
export const ours = ({ runId }: Contact): string => `labels.${LABEL}="${runId}"`;

/** A job that has ended, and one more: the lists below must know them. */
export async function twoJobs(contact: Contact): Promise<readonly [string, string]> {
  const [one, two] = await Promise.all([contact.lab.outcome(success), contact.lab.outcome(stopped)]);
  return [one.id, two.id];
}
