import type { Notice } from "../core/notice.ts";
import type { Deps } from "./deps.ts";
import { isTooOld, later } from "./mark.ts";
import { tellInstead } from "./tell-instead.ts";

/** A notice that no bridge has fetched for so long is told on the fallback channel, and looked at again. Seconds. */
const UNFETCHED = 900;
/** A bridge tries again what it has fetched before; this only keeps it out of the way of others' notices. Seconds. */
const FETCHED = 60;

/** What a bridge does not fetch is told elsewhere, and kept for it for a day. */
export async function leaveToBridge(deps: Deps, given: Notice): Promise<void> {
  const now = deps.now();
  // A day from when somebody first saw it waiting: a monitor that was down gives the bridge its time all the same.
  const notice: Notice = { ...given, since: given.since ?? now };
  if (isTooOld(notice, now)) {
    const error = `no bridge has fetched it: is \`bioagent bridge\` running for channel ${notice.channel}?`;
    await tellInstead(deps, { ...notice, error });
    await deps.store.updateNotice({ ...notice, status: "failed", next_at: null, error });
    return;
  }
  const unfetched = later(notice.since ?? now, UNFETCHED);
  const isLate = unfetched <= now;
  if (isLate && notice.tries === 0) await tellInstead(deps, notice);
  await deps.store.updateNotice({
    ...notice,
    status: "pending",
    possible_repeat: notice.possible_repeat || notice.status === "sending",
    next_at: notice.tries > 0 ? later(now, FETCHED) : isLate ? later(now, UNFETCHED) : unfetched,
  });
}
