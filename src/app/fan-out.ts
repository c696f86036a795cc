import { noticeId } from "../core/ids.ts";
import type { Notice } from "../core/notice.ts";
import type { Channel } from "../ports.ts";
import type { Deps } from "./deps.ts";
import { drop } from "./mark.ts";

/**
 * Whether the notice was made when nobody knew whom its channel reaches (a variable was missing then): it is addressed to the channel
 * itself.
 */
export const isForAll = ({ recipient, channel, status }: Notice, { recipients }: Channel): boolean =>
  recipient === channel && status === "pending" && !recipients.includes(recipient);

/** Makes of it one notice for each recipient. Whoever dies in between does it again, and adds nothing twice. */
export async function fanOut(deps: Deps, notice: Notice, { recipients }: Channel): Promise<void> {
  const { run_id, round, event, group, channel } = notice;
  for (const recipient of recipients) {
    const id = noticeId({ run: run_id, round, event, group, channel, recipient });
    await deps.store.addNotice({ ...notice, id, recipient, tries: 0, since: null, error: null, rev: 0 });
  }
  const why = `told to each of ${recipients.length} recipients by itself`;
  await deps.store.updateNotice(drop(notice, why));
}
