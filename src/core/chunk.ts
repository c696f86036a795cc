import type { Advance } from "./advance.ts";
import type { Event } from "./event.ts";
import type { Job } from "./job.ts";
import type { Notice } from "./notice.ts";
import type { Run } from "./run.ts";

/** A commit holds at most so many documents, and so many bytes: a store's one batch. */
export const MOST_DOCUMENTS = 400;
export const MOST_BYTES = 3 * 2 ** 20;

export interface Chunk {
  readonly run: Run;
  readonly jobs: Job[];
  readonly events: Event[];
  readonly notices: Notice[];
}

/**
 * Splits a pass into commits, each of which leaves a valid state: its summary is the fold of its jobs, and the run ends
 * only in the last. A crash between two of them is a pass that saw less; the next pass does the rest.
 */
export function chunk(before: Run, jobsBefore: ReadonlyMap<string, Job>, pass: Advance): Chunk[] {
  const all = { run: pass.run, jobs: pass.jobs, events: pass.events, notices: pass.notices };
  if (fits(all)) return [all];
  const groups = groupJobs(pass);
  const own = pass.events.filter((event) => event.job === null);
  const [first, last] = [own.filter((event) => !isEnd(event)), own.filter(isEnd)];
  let seq = before.event_count;
  const renumber = (event: Event): Event => ({ ...event, seq: seq++ });
  let run: Run = { ...before, stopping: pass.run.stopping ?? before.stopping };
  const chunks = groups.map((group, at): Chunk => {
    const events = [...(at === 0 ? first : []), ...group.events].map(renumber);
    run = { ...run, summary: moveCounts(run, jobsBefore, group.jobs), event_count: seq };
    return {
      run,
      jobs: group.jobs,
      events,
      notices: [],
    };
  });
  const closing = [...(groups.length === 0 ? first : []), ...last].map(renumber);
  chunks.push({
    run: { ...pass.run, event_count: seq },
    jobs: [],
    events: closing,
    // What is told has happened by then; after a crash before, the next pass tells it, or it was only progress.
    notices: pass.notices,
  });
  return chunks;
}

const isEnd = (event: Event): boolean =>
  ["run.completed", "run.failed", "run.cancelled"].includes(event.type);

/** Room that the run document and the run's own events take. */
const RESERVE = 10;

function groupJobs(pass: Advance): { jobs: Job[]; events: Event[] }[] {
  const events = new Map<string, Event[]>();
  for (const event of pass.events) {
    if (event.job === null) continue;
    const list = events.get(event.job);
    if (list) list.push(event);
    else events.set(event.job, [event]);
  }
  const groups: { jobs: Job[]; events: Event[]; bytes: number }[] = [];
  for (const job of pass.jobs) {
    const own = events.get(job.key) ?? [];
    const bytes = jobBytes(job) + own.length * EVENT_BYTES;
    const group = groups.at(-1);
    const full =
      !group ||
      group.jobs.length + group.events.length + own.length + 1 > MOST_DOCUMENTS - RESERVE ||
      group.bytes + bytes > MOST_BYTES / 2;
    if (full) groups.push({ jobs: [job], events: [...own], bytes });
    else {
      group.jobs.push(job);
      group.events.push(...own);
      group.bytes += bytes;
    }
  }
  return groups;
}

function fits({ jobs, events, notices }: Chunk): boolean {
  if (1 + jobs.length + events.length + notices.length > MOST_DOCUMENTS) return false;
  return jobs.reduce((sum, job) => sum + jobBytes(job), 0) + events.length * EVENT_BYTES < MOST_BYTES / 2;
}

/** An estimate from above, without writing the document out. */
const EVENT_BYTES = 3000;
export const jobBytes = (job: Job): number =>
  3000 +
  job.attempts.length * 2500 +
  job.decisions.length * 2500 +
  job.outputs.length * 700 +
  Object.keys(job.metrics).length * 200 +
  3 * textLength(Object.values(job.inputs)) +
  3 * textLength(job.attempts.map((attempt) => attempt.log_tail ?? ""));

const textLength = (texts: readonly string[]): number => texts.reduce((sum, text) => sum + text.length, 0);

function moveCounts(run: Run, before: ReadonlyMap<string, Job>, jobs: readonly Job[]): Run["summary"] {
  const summary = { ...run.summary };
  for (const job of jobs) {
    const old = before.get(job.key);
    if (old) summary[old.status] -= 1;
    summary[job.status] += 1;
  }
  return summary;
}
