import { count } from "./count.ts";
import type { Audience, Draft } from "./draft.ts";
import { runFacts } from "./facts.ts";
import type { Job } from "./job.ts";
import { newNotice } from "./new-notice.ts";
import type { Notice, NoticeFacts } from "./notice.ts";
import type { NoticeEvent, Run, Subscription, Waiting } from "./run.ts";
import { isFinalRun } from "./status.ts";
import { TOLD_AFTER } from "./wait.ts";

/** Puts a notice for each channel that wants to hear of an event into the outbox, in the same commit as its cause. */
export function tell(
  draft: Pick<Draft, "run" | "notices" | "now"> & Audience,
  event: NoticeEvent,
  group: string,
  facts: NoticeFacts,
): void {
  for (const channel of listeners(draft, event)) {
    for (const recipient of draft.recipients.get(channel) ?? [channel]) {
      const { run_id, round } = draft.run;
      const times = { created_at: draft.now, next_at: later(draft.now, SETTLING[event] ?? 0) };
      draft.notices.push(newNotice({ run_id, round, event, group, channel, recipient, facts, ...times }));
    }
  }
}

/** Seconds that a notice waits for others like it. */
const SETTLING: Partial<Record<NoticeEvent, number>> = {
  "job.skipped": 30,
  "job.retried": 30,
  "run.progress": 60,
};

const later = (instant: string, seconds: number): string =>
  seconds === 0 ? instant : new Date(Date.parse(instant) + seconds * 1000).toISOString();

function listeners({ run, followers }: Pick<Draft, "run" | "followers">, event: NoticeEvent): string[] {
  const channels = run.subscriptions
    .filter((subscription) => concerns(subscription, run))
    .flatMap(({ on, to }) =>
      to.filter((channel) => (followers.has(channel) && FOLLOWED.includes(event)) || names(on, event)),
    );
  return [...new Set(channels)];
}

/** What a channel hears that shows a run as it goes, whatever it subscribed to. */
const FOLLOWED: readonly NoticeEvent[] = [
  "run.started",
  "run.progress",
  "run.completed",
  "run.failed",
  "run.cancelled",
];

const names = (on: Subscription["on"], event: NoticeEvent): boolean =>
  event !== "run.progress" && on.includes(event);

function concerns(subscription: Subscription, run: Run): boolean {
  if (subscription.pipelines && !subscription.pipelines.includes(run.pipeline)) return false;
  return Object.entries(subscription.labels ?? {}).every(([name, value]) => run.labels[name] === value);
}

/** The notices that a run has begun, for the commit that sets it running. */
export function startedNotices(run: Run, audience: Audience, now: string): Notice[] {
  const notices: Notice[] = [];
  const facts = runFacts({ run, jobs: new Map() }, []);
  tell({ run, ...audience, notices, now }, "run.started", "", { ...facts, status_line: saySize(run) });
  return notices;
}

/** `3 samples, 2 steps, 6 jobs`; a run of per-run steps alone has no samples. */
export const saySize = ({ samples, steps, summary }: Pick<Run, "samples" | "steps" | "summary">): string =>
  [
    ...(samples.length > 0 ? [count(samples.length, "sample")] : []),
    count(steps.length, "step"),
    count(summary.total_jobs, "job"),
  ].join(", ");

/** The notices that an ended run goes on in a new round, for the commit that opens it again. `jobs`: how many are done again. */
export function reopenedNotices(run: Run, jobs: number, audience: Audience, now: string): Notice[] {
  const notices: Notice[] = [];
  const facts = runFacts({ run, jobs: new Map() }, []);
  const status_line = `${count(jobs, "job")} again, round ${run.round}`;
  tell({ run, ...audience, notices, now }, "run.started", "", { ...facts, status_line });
  return notices;
}

/** Tells of jobs that were skipped or retried in this pass, many in one message. */
export function tellProgress(draft: Draft): void {
  const changed = [...draft.changed].map((key) => draft.jobs.get(key)!);
  const group = `e${draft.before.event_count}`;
  const skipped = changed.filter((job) => job.exhausted && endedNow(draft, job));
  if (skipped.length > 0) tell(draft, "job.skipped", group, runFacts(draft, skipped));
  const retried = changed.filter((job) => job.status === "pending" && decidedNow(draft, job, "retry"));
  if (retried.length > 0) tell(draft, "job.retried", group, runFacts(draft, retried));
}

const decidedNow = (draft: Draft, job: Job, action: string): boolean =>
  job.decision?.action === action && job.decision.timestamp === draft.now;
const endedNow = (draft: Draft, job: Job): boolean => job.decision?.timestamp === draft.now;

/** A wait that has lasted half an hour is told, once for each reason in a round, also while other jobs run. */
export function tellWaiting(draft: Draft): void {
  if (isFinalRun(draft.run.status)) return;
  const waits = [...draft.jobs.values()].filter((job) => job.waiting && isLong(draft, job.waiting));
  const reasons = new Set(waits.map((job) => job.waiting!.reason));
  if (draft.run.waiting && isLong(draft, draft.run.waiting)) reasons.add(draft.run.waiting.reason);
  for (const reason of reasons) {
    const alike = waits.filter((job) => job.waiting!.reason === reason);
    const group = reminder(draft, reason, alike);
    if (draft.run.told_waiting.includes(group)) continue;
    draft.run.told_waiting = [...draft.run.told_waiting, group];
    tell(draft, "run.waiting", group, runFacts(draft, alike));
  }
}

/** Seconds after which people are told again that something still waits. */
const REMIND_AFTER = 4 * 3600;

/** The reason, and the number of the reminder that is due; the first message has none. */
function reminder({ run, now }: Draft, reason: string, jobs: readonly Job[]): string {
  const waits = [
    ...jobs.map((job) => job.waiting!),
    ...(run.waiting?.reason === reason ? [run.waiting] : []),
  ];
  const since = Math.min(...waits.map((wait) => Date.parse(wait.since)));
  const reminders = Math.floor((Date.parse(now) - since - TOLD_AFTER * 1000) / (REMIND_AFTER * 1000));
  return reminders > 0 ? `${reason}#${reminders}` : reason;
}

const isLong = (draft: Draft, { since }: Waiting): boolean =>
  Date.parse(draft.now) - Date.parse(since) >= TOLD_AFTER * 1000;

/** Seconds without any change after which a run is said to stand still; and again after as many. */
const STALLED_AFTER = 24 * 3600;

/** A run of which nothing has changed for a day, although nothing is known to hold it up. */
export function tellStalled(draft: Draft): void {
  const { run, now } = draft;
  if (run.status !== "running" || run.waiting || draft.changed.size > 0) return;
  let last = run.reopened_at ?? run.started_at ?? run.created_at;
  for (const { submitted_at, started_at, completed_at } of draft.jobs.values())
    for (const at of [submitted_at, started_at, completed_at]) if (at && at > last) last = at;
  const days = Math.floor((Date.parse(now) - Date.parse(last)) / (STALLED_AFTER * 1000));
  const group = `stalled#${days}`;
  if (days < 1 || run.told_waiting.includes(group)) return;
  run.told_waiting = [...run.told_waiting, group];
  const open = [...draft.jobs.values()].filter(
    (job) => job.status === "running" || job.status === "submitted",
  );
  tell(draft, "run.stalled", group, runFacts(draft, open));
}

/** Tells channels that show the run that its jobs have changed, once a minute: what they then show is read when they are told. */
export function tellFollowers(draft: Draft): void {
  const { run, now } = draft;
  if (draft.changed.size === 0 || isFinalRun(run.status)) return;
  if (run.told_progress && now < later(run.told_progress, SETTLING["run.progress"]!)) return;
  const before = draft.notices.length;
  tell(draft, "run.progress", `e${draft.before.event_count}`, runFacts(draft, []));
  if (draft.notices.length > before) run.told_progress = now;
}
