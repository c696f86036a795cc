import { deliverBacklog } from "../app/deliver-backlog.ts";
import type { App } from "../wire.ts";
import { realTime, type Time } from "./hints.ts";
import { checkInvoker } from "./identity-token.ts";
import { nothing } from "./message.ts";
import type { Handler } from "./poll.ts";
import { HttpError, problemResponse } from "./problem-document.ts";
import { documentOf, runOfNoticePath } from "./push.ts";
import { refuseTooLarge } from "./read-body.ts";

const NOTICES_PER_ROUND = 5;
/** The function's time limit, seconds; `functions.json` says the same. */
export const DELIVER_SECONDS = 120;
/** Part of the limit after which no further sending begins. */
const SHARE = 0.4;

export interface DeliverOptions {
  readonly cloudService: string | null;
  readonly time?: Time;
}

/**
 * The completion handler: a notice was committed, and what is due of its run is delivered now. Of the event only the
 * notice document's path is believed; an event without one is acknowledged.
 *
 * A thousand notices are a thousand events, and a channel that takes one message a second would hold each of them open for a quarter of an
 * hour, which no event function may last. So an event goes on for a part of its time limit, for whichever notices are due, and what is
 * left is told by the events beside it and by the poll's sweeps: every notice is claimed before it is sent.
 */
export function openDeliver(app: App, options: DeliverOptions): Handler {
  const { time = realTime } = options;
  return async (request) => {
    try {
      refuseTooLarge(request);
      if (request.method !== "POST") throw new HttpError(405, "An event is told by POST.", { allow: "POST" });
      checkInvoker(request.headers, { ...options, ...app.config, now: app.deps.now() });
      const runId = runOfNoticePath(documentOf(request.headers, request.body) ?? "");
      const until = Date.parse(app.deps.now()) + SHARE * DELIVER_SECONDS * 1000;
      if (runId !== null)
        await deliverBacklog(app.deps, {
          limit: NOTICES_PER_ROUND,
          runId,
          cache: app.cache,
          until,
          sleep: time.sleep,
        });
      return nothing();
    } catch (error) {
      return problemResponse(error, app.deps.warn, `${request.method} deliver`);
    }
  };
}
