import type { Notice } from "../core/notice.ts";
import type { Delivery } from "../ports.ts";
import type { Deps } from "./deps.ts";
import { mark } from "./mark.ts";
import { messageOf } from "./probe.ts";
import { isForFallback, tellInstead } from "./tell-instead.ts";

/** Seconds after which a notice is tried again that could not be handled. */
const PUT_BACK = 60;

/**
 * One whose documents cannot be read must not hold up those behind it, look after look; after a day it is given up, as what is refused
 * for so long. A store that takes nothing is an error.
 */
export async function putBack(deps: Deps, notice: Notice, error: unknown): Promise<Notice[]> {
  const now = deps.now();
  const reason = messageOf(error);
  const possible_repeat = notice.possible_repeat || notice.status === "sending";
  const outcome: Delivery = { kind: "rejected", reason, after_seconds: PUT_BACK };
  const marked = mark({ ...notice, possible_repeat, since: notice.since ?? now }, outcome, now);
  try {
    if (isForFallback(marked, now)) await tellInstead(deps, marked);
    await deps.store.updateNotice(marked);
  } catch {
    throw error;
  }
  const then = marked.status === "pending" ? "is tried again" : "is given up";
  deps.warn(`notice ${notice.id} could not be handled, and ${then}: ${reason}`);
  return marked.status === "failed" ? [marked] : [];
}
