import { noticeId } from "../core/ids.ts";
import { mustArrive, type Notice } from "../core/notice.ts";
import type { Channel } from "../ports.ts";
import type { Deps } from "./deps.ts";
import { drop } from "./mark.ts";

/**
 * Whether the notice was made when nobody knew whom its channel reaches (a variable was missing then): it is addressed to the channel
 * itself.
 */
export const isForAll = (notice: Notice, { recipients }: Channel): boolean =>
  notice.recipient === notice.channel && mayBeTold(notice) && !recipients.includes(notice.recipient);

/** Also one whose deliverer died with it in hand, but for progress, which is told once at most. */
const mayBeTold = ({ status, event }: Notice): boolean => status === "pending" || mustArrive(event);

/** Makes of it one notice for each recipient. Whoever dies in between does it again, and adds nothing twice. */
export async function fanOut(deps: Deps, notice: Notice, { recipients }: Channel): Promise<void> {
  const { run_id, round, event, group, channel, status } = notice;
  const possible_repeat = notice.possible_repeat || status === "sending";
  const fresh = { status: "pending", possible_repeat, tries: 0, since: null, error: null, rev: 0 } as const;
  for (const recipient of recipients) {
    const id = noticeId({ run: run_id, round, event, group, channel, recipient });
    await deps.store.addNotice({ ...notice, id, recipient, ...fresh });
  }
  const why = `told to each of ${recipients.length} recipients by itself`;
  await deps.store.updateNotice(drop(notice, why));
}
