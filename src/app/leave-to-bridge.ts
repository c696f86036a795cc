import type { Notice } from "../core/notice.ts";
import type { Deps } from "./deps.ts";
import { isTooOld, later } from "./mark.ts";
import { isOverdue, tellInstead, UNTOLD } from "./tell-instead.ts";

/** What a bridge does not tell is told elsewhere, and kept for it for a day. */
export async function leaveToBridge(deps: Deps, given: Notice): Promise<void> {
  const now = deps.now();
  const notice: Notice = { ...given, since: given.since ?? now };
  if (isTooOld(notice, now)) {
    const error = givenUp(notice);
    await tellInstead(deps, { ...notice, error });
    await deps.store.updateNotice({ ...notice, status: "failed", next_at: null, error });
    return;
  }
  const isLate = isOverdue(notice, now);
  if (isLate) await tellInstead(deps, notice);
  await deps.store.updateNotice({
    ...notice,
    status: "pending",
    possible_repeat: notice.possible_repeat || notice.status === "sending",
    put_off: true,
    next_at: later(isLate ? now : notice.since!, UNTOLD),
  });
}

const givenUp = ({ tries, error, channel }: Notice): string =>
  tries === 0
    ? `no bridge has fetched it: is \`bioagent bridge\` running for channel ${channel}?`
    : `given up after ${tries} tries: ${error}`;
