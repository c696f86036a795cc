import type { Notice } from "../core/notice.ts";
import { toldInstead } from "../core/outbox.ts";
import type { Deps } from "./deps.ts";
import { later } from "./mark.ts";

/** What is untold for so long is told on the fallback channel, too. Seconds. */
export const UNTOLD = 900;

/**
 * Whether its channel, or its bridge, has had its time. Counted from the first try, or from when somebody first saw it waiting for its
 * bridge: a monitor that was down gives them their time all the same.
 */
export const isOverdue = ({ since }: Notice, now: string): boolean => later(since ?? now, UNTOLD) <= now;

/** Whether the fallback's time has come: it was given up, or goes on being refused. */
export const isForFallback = (notice: Notice, now: string): boolean =>
  notice.status === "failed" || (notice.status === "pending" && isOverdue(notice, now));

/**
 * Puts into the outbox what the channel's fallback shall tell instead, before the notice is marked: whoever dies in between does it
 * again, and adds nothing twice.
 */
export async function tellInstead(deps: Deps, notice: Notice): Promise<void> {
  const { channel } = notice;
  const fallback = (deps.channels.get(channel) ?? deps.brokenTraits?.get(channel))?.fallback;
  if (fallback === undefined) return;
  const why = notice.error ?? "nobody has fetched it";
  for (const recipient of deps.channels.get(fallback)?.recipients ?? [fallback]) {
    const instead = toldInstead(notice, { channel: fallback, recipient, why, now: deps.now() });
    if (instead) await deps.store.addNotice(instead);
  }
}
