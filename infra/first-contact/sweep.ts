import type { Services } from "./contact.ts";
import { type Answer, isOk, pause } from "./http.ts";
import { lastPart, listAt, short, textAt } from "./json.ts";
import { type ContactSettings, isEmulated, LABEL } from "./settings.ts";

export interface Swept {
  readonly jobs: number;
  readonly others: number;
  /** What could not be deleted, and why. */
  readonly left: readonly string[];
}

interface SweepParts {
  readonly settings: ContactSettings;
  readonly services: Services;
  readonly signal: AbortSignal;
}

/** What a run remembers that it made: ids of jobs, full names of the rest. */
export interface Made {
  readonly jobs: ReadonlySet<string>;
  readonly others: readonly string[];
}

/** Deletes what one run made: jobs that it remembers and jobs with its label, subscription, topic, objects. */
export async function sweepRun(parts: SweepParts, made: Made): Promise<Swept> {
  const { batch, storage } = parts.services;
  const labelled = await jobIds(parts, (job) => textAt(job, `labels.${LABEL}`) === batch.runId);
  const jobs = await removeJobs(parts, new Set([...made.jobs, ...labelled]));
  const others = await removeOthers(parts, made.others);
  await storage?.removeAll();
  return { jobs: jobs.gone, others: others.gone, left: [...jobs.left, ...others.left] };
}

/** Deletes what any run left behind, by label. */
export async function sweepAll(parts: SweepParts): Promise<Swept> {
  const { pubsub, storage } = parts.services;
  const { project } = parts.settings;
  const jobs = await removeJobs(parts, new Set(await jobIds(parts, isOurs)));
  const names = pubsub
    ? [
        ...(await pubsub.labelled(project, "subscriptions", LABEL)),
        ...(await pubsub.labelled(project, "topics", LABEL)),
      ]
    : [];
  const others = await removeOthers(parts, names);
  await storage?.removeAll();
  return { jobs: jobs.gone, others: others.gone, left: [...jobs.left, ...others.left] };
}

const isOurs = (job: unknown): boolean => textAt(job, `labels.${LABEL}`) !== "";

/** Of the whole region, chosen here and not by a filter: whether filters work is one of the questions. */
async function jobIds({ services }: SweepParts, wanted: (job: unknown) => boolean): Promise<string[]> {
  const found: string[] = [];
  let pageToken: string | undefined;
  do {
    const answer = await services.batch.list({ pageSize: 100, pageToken });
    for (const job of listAt(answer.body, "jobs")) if (wanted(job)) found.push(lastPart(textAt(job, "name")));
    pageToken = textAt(answer.body, "nextPageToken") || undefined;
  } while (pageToken !== undefined);
  return found;
}

async function removeJobs(
  parts: SweepParts,
  ids: ReadonlySet<string>,
): Promise<{ gone: number; left: string[] }> {
  const results = await Promise.all([...ids].map((id) => removeJob(parts, id)));
  return { gone: results.filter((why) => why === null).length, left: results.filter((why) => why !== null) };
}

const DELETE_SECONDS = 90;

/** Null once it is accepted and under way; a running one that would go on is never left without a word. */
async function removeJob({ services, settings, signal }: SweepParts, id: string): Promise<string | null> {
  const until = Date.now() + DELETE_SECONDS * 1000;
  let last: Answer;
  do {
    last = await services.batch.remove(id);
    if (isOk(last) || last.status === 404) return null;
    await pause(isEmulated(settings) ? 50 : 5000, signal);
  } while (Date.now() < until);
  return `job ${id}: ${short(textAt(last.body, "error.message") || `answered ${last.status}`)}`;
}

async function removeOthers(
  { services }: SweepParts,
  names: readonly string[],
): Promise<{ gone: number; left: string[] }> {
  const left: string[] = [];
  let gone = 0;
  for (const name of names) {
    const answer = await services.pubsub!.remove(name);
    if (isOk(answer)) gone += 1;
    else if (answer.status !== 404) left.push(`${name}: answered ${answer.status}`);
  }
  return { gone, left };
}
