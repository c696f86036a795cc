import type { Notice, NoticeFacts } from "../core/notice.ts";
import type { Channel, Delivery, Kept, RunView } from "../ports.ts";
import type { Deps } from "./deps.ts";
import { messageOf } from "./probe.ts";
import type { RunsCache } from "./runs-cache.ts";
import { viewRun } from "./view-run.ts";
import { within } from "./within.ts";

/** A sending is over within its claim, whatever its channel does: seconds. Channels have limits of their own. */
const LONGEST_SENDING = 110;

export interface Sending {
  readonly channel: Channel;
  /** Claimed. */
  readonly notice: Notice;
  /** Of all notices that this message tells. */
  readonly facts: NoticeFacts;
  readonly kept: Kept;
  /** For channels that show a run's jobs. */
  readonly cache: RunsCache | undefined;
}

/** What the channel makes of one message. Never throws, and ends in time. */
export async function send(
  { store }: Pick<Deps, "store">,
  { channel, notice, facts, kept, cache }: Sending,
): Promise<Delivery> {
  const { id: notice_id, event, possible_repeat, round, tries, created_at, test = false } = notice;
  const view = (): Promise<RunView | null> => viewRun(store, notice.run_id, cache);
  const about = { notice_id, event, facts, possible_repeat, test, round, tries, created_at };
  // A channel must neither hang nor throw; if one does, nobody knows how far it came.
  const inDoubt = (reason: string): Delivery => ({ kind: "ambiguous", reason });
  const hangs = `channel ${notice.channel} did not say within ${LONGEST_SENDING} s what came of it`;
  try {
    const sending = channel.deliver({ ...about, kept, view }, notice.recipient);
    return await within(LONGEST_SENDING * 1000, sending, () => inDoubt(hangs));
  } catch (error) {
    return inDoubt(messageOf(error));
  }
}
