import type { Notice } from "../../core/notice.ts";
import type { NoticeEvent } from "../../core/run.ts";
import type { Message, RunStore, RunView } from "../../ports.ts";
import type { Context } from "../context.ts";
import { withRun } from "../session.ts";
import { exampleFacts, exampleRun } from "./example-run.ts";

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
 * told, or where a deployed API answers for the store.
 */
export function messageOfRun(context: Context, reference: string, event?: NoticeEvent): Promise<Message> {
  return withRun(context, reference, "read", async (runId, store, app) => {
    const [{ viewRun }, { runFacts }] = await Promise.all([
      import("../../app/view-run.ts"),
      import("../../core/facts.ts"),
    ]);
    const view = (await viewRun(store, runId))!;
    const notice = app.remote ? undefined : await lastNotice(store, runId, event);
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
  store: RunStore,
  runId: string,
  event: NoticeEvent | undefined,
): Promise<Notice | undefined> {
  const notices = await store.queryNotices({ run_id: runId, newest: true, limit: MOST_NOTICES });
  return notices
    .filter((notice) => (event ? notice.event === event : notice.event !== "run.progress"))
    .sort((a, b) => Date.parse(a.created_at) - Date.parse(b.created_at))
    .at(-1);
}

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
