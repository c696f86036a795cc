import type { Draft } from "./draft.ts";
import { runFacts } from "./facts.ts";
import { noticeId } from "./ids.ts";
import type { Job } from "./job.ts";
import type { NoticeFacts } from "./notice.ts";
import type { NoticeEvent, Run, Subscription } from "./run.ts";
import { TOLD_AFTER } from "./wait.ts";

/** Puts a notice for each channel that wants to hear of an event into the outbox, in the same commit as its cause. */
export function tell(draft: Draft, event: NoticeEvent, group: string, facts: NoticeFacts): void {
  for (const channel of listeners(draft.run, event)) {
    for (const recipient of draft.recipients.get(channel) ?? [channel]) {
      const { run_id, round } = draft.run;
      draft.notices.push({
        id: noticeId({ run: run_id, round, event, group, channel, recipient }),
        run_id,
        round,
        event,
        group,
        channel,
        recipient,
        status: "pending",
        facts,
        created_at: draft.now,
        next_at: draft.now,
        tries: 0,
        possible_repeat: false,
        sent_at: null,
        error: null,
        rev: 0,
      });
    }
  }
}

function listeners(run: Run, event: NoticeEvent): string[] {
  const wanted = run.subscriptions.filter(
    (subscription) => subscription.on.includes(event) && concerns(subscription, run),
  );
  return [...new Set(wanted.flatMap((subscription) => subscription.to))];
}

function concerns(subscription: Subscription, run: Run): boolean {
  if (subscription.pipelines && !subscription.pipelines.includes(run.pipeline)) return false;
  return Object.entries(subscription.labels ?? {}).every(([name, value]) => run.labels[name] === value);
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

/** A wait that has lasted half an hour is told, once for each reason. */
export function tellWaiting(draft: Draft): void {
  const { waiting } = draft.run;
  if (!waiting || draft.run.told_waiting.includes(waiting.reason)) return;
  if (Date.parse(draft.now) - Date.parse(waiting.since) < TOLD_AFTER * 1000) return;
  draft.run.told_waiting = [...draft.run.told_waiting, waiting.reason];
  const waits = [...draft.jobs.values()].filter((job) => job.waiting?.reason === waiting.reason);
  tell(draft, "run.waiting", waiting.reason, runFacts(draft, waits));
}
