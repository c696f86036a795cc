import { newNotice } from "../core/new-notice.ts";
import { mustArrive, type Notice } from "../core/notice.ts";
import type { Channel } from "../ports.ts";
import type { Deps } from "./deps.ts";
import { drop } from "./mark.ts";

/**
 * Whether the notice was made when nobody knew whom its channel reaches (a variable was missing then): it is addressed to the channel
 * itself. A test stays one: whoever asked for it looks at this notice.
 */
export const isForAll = (notice: Notice, { recipients }: Channel): boolean =>
  !notice.test &&
  notice.recipient === notice.channel &&
  mayBeTold(notice) &&
  !recipients.includes(notice.recipient);

/** Also one whose deliverer died with it in hand, but for progress, which is told once at most. */
const mayBeTold = ({ status, event }: Notice): boolean => status === "pending" || mustArrive(event);

/** Makes of it one notice for each recipient. Whoever dies in between does it again, and adds nothing twice. */
export async function fanOut(deps: Deps, notice: Notice, { recipients }: Channel): Promise<void> {
  const { run_id, round, event, group, channel, facts, created_at, next_at } = notice;
  const parts = { run_id, round, event, group, channel, facts, created_at, next_at };
  const possible_repeat = notice.possible_repeat || notice.status === "sending";
  for (const recipient of recipients)
    await deps.store.addNotice({ ...newNotice({ ...parts, recipient }), possible_repeat });
  const why = `told to each of ${recipients.length} recipients by itself`;
  await deps.store.updateNotice(drop(notice, why));
}
