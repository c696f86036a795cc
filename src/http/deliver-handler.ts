import { deliver } from "../app/deliver.ts";
import type { App } from "../wire.ts";
import { checkInvoker } from "./identity-token.ts";
import { nothing } from "./message.ts";
import type { Handler } from "./poll.ts";
import { HttpError, problemResponse } from "./problem-document.ts";
import { documentOf, runOfNoticePath } from "./push.ts";
import { refuseTooLarge } from "./read-body.ts";

const NOTICES_PER_EVENT = 20;

/**
 * The completion handler: a notice was committed, and what is due of its run is delivered now. Of the event only the
 * notice document's path is believed; an event without one is acknowledged, and the poll sweeps what is left.
 */
export function openDeliver(app: App, { cloudService }: { cloudService: string | null }): Handler {
  return async (request) => {
    try {
      refuseTooLarge(request);
      if (request.method !== "POST") throw new HttpError(405, "An event is told by POST.", { allow: "POST" });
      checkInvoker(request.headers, { cloudService, now: app.deps.now() });
      const runId = runOfNoticePath(documentOf(request.headers, request.body) ?? "");
      if (runId !== null) await deliver(app.deps, { limit: NOTICES_PER_EVENT, runId });
      return nothing();
    } catch (error) {
      return problemResponse(error, app.deps.warn, `${request.method} deliver`);
    }
  };
}
