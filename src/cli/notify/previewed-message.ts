import { exampleFacts, exampleRun } from "../../app/example-run.ts";
import { endsRun } from "../../core/message.ts";
import type { Notice } from "../../core/notice.ts";
import type { NoticeEvent } from "../../core/run.ts";
import type { Message, RunView } from "../../ports.ts";
import type { Context } from "../context.ts";
import { type Session, withRun } from "../session.ts";

const MOST_NOTICES = 1000;

/** What is told of an example run; of its completion unless the event is named. */
export function exampleMessage(event: NoticeEvent = "run.completed"): Message {
  const now = new Date().toISOString();
  return messageOf({
    event,
    facts: exampleFacts(event, now),
    round: 1,
    possible_repeat: false,
    created_at: now,
    view: exampleRun(event, now),
  });
}

/**
 * What is told of a run there is: its last notice, of this event if one is named; made from the run as it is now where nothing was ever
 * told.
 */
export function messageOfRun(context: Context, reference: string, event?: NoticeEvent): Promise<Message> {
  return withRun(context, reference, "read", async (runId, store, app) => {
    const [{ viewRun }, { runFacts }] = await Promise.all([
      import("../../app/view-run.ts"),
      import("../../core/facts.ts"),
    ]);
    const view = (await viewRun(store, runId))!;
    const notice = await lastNotice(app, runId, event);
    if (notice) return messageOf({ ...notice, view });
    const jobs = new Map(view.jobs.map((job) => [job.key, job]));
    return messageOf({
      event: event ?? eventOf(view),
      facts: runFacts({ run: view.run, jobs }, null),
      round: view.run.round,
      possible_repeat: false,
      created_at: app.deps.now(),
      view,
    });
  });
}

async function lastNotice(
  { remote, deps }: Session,
  run_id: string,
  event: NoticeEvent | undefined,
): Promise<Notice | undefined> {
  const wanted = { run_id, limit: MOST_NOTICES };
  const notices = remote
    ? (await remote.notices(wanted)).notices
    : await deps.store.queryNotices({ ...wanted, newest: true });
  return notices
    .filter((notice) => (event ? notice.event === event : notice.event !== "run.progress"))
    .sort((a, b) => Date.parse(a.created_at) - Date.parse(b.created_at) || endLast(a, b))
    .at(-1);
}

/** A job that is the last to end badly is committed together with the run's end, and overtaken by it. */
const endLast = (a: Notice, b: Notice): number => Number(endsRun(a.event)) - Number(endsRun(b.event));

function eventOf({ run: { status } }: RunView): NoticeEvent {
  switch (status) {
    case "planning":
    case "running":
      return "run.progress";
    case "completed":
    case "failed":
    case "cancelled":
      return `run.${status}`;
    default:
      return status satisfies never;
  }
}

type Parts = Pick<Message, "event" | "facts" | "round" | "possible_repeat" | "created_at"> & {
  readonly view: RunView;
};

const messageOf = ({ event, facts, round, possible_repeat, created_at, view }: Parts): Message => ({
  notice_id: `preview~${facts.run_id}~${event}`,
  event,
  facts,
  possible_repeat,
  test: false,
  tries: 1,
  created_at,
  round,
  kept: {},
  view: async () => view,
});
