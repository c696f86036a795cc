import { endsRun } from "../core/message.ts";
import type { Notice } from "../core/notice.ts";
import { isGrouped } from "../core/outbox.ts";
import type { Delivery, Kept, RecipientThread, RunStore } from "../ports.ts";
import type { Deps } from "./deps.ts";
import { messageOf } from "./probe.ts";

const NOTHING_TOLD: RecipientThread = { ended_round: 0, progress_at: null, kept: {} };
const MOST_RACES = 5;

/** What this notice's recipient was told of its run on its channel. */
export async function readTold(store: RunStore, notice: Notice): Promise<RecipientThread> {
  const { recipients } = await store.readThread(notice.run_id, notice.channel);
  return recipients[notice.recipient] ?? NOTHING_TOLD;
}

/** What a sending adds to it. */
interface Told {
  readonly ended_round?: number;
  readonly progress_at?: string;
  readonly kept?: Kept | undefined;
}

/**
 * Writes down what was told, beside what others write of other recipients. Nothing to add: no write. Never throws: the message
 * is sent, and its notice must still be marked; the next one then knows less.
 */
export async function keepTold(deps: Deps, notice: Notice, outcome: Delivery): Promise<void> {
  const { store, warn } = deps;
  const isTold = outcome.kind === "delivered";
  const told: Told = {
    kept: outcome.keep,
    ...(isTold && endsRun(notice.event) ? { ended_round: notice.round } : {}),
    ...(isTold && isGrouped(notice) ? { progress_at: deps.now() } : {}),
  };
  if (Object.values(told).every((value) => value === undefined)) return;
  try {
    for (let race = 0; race < MOST_RACES; race++) if (await addTold(store, notice, told)) return;
    warn(`${whatOf(notice)}: others wrote it ${MOST_RACES} times at once`);
  } catch (error) {
    warn(`${whatOf(notice)}: ${messageOf(error)}`);
  }
}

const whatOf = ({ channel, run_id }: Notice): string =>
  `what channel ${channel} was told of ${run_id} could not be kept`;

async function addTold(store: RunStore, notice: Notice, told: Told): Promise<boolean> {
  const thread = await store.readThread(notice.run_id, notice.channel);
  const before = thread.recipients[notice.recipient] ?? NOTHING_TOLD;
  const after: RecipientThread = {
    ended_round: Math.max(before.ended_round, told.ended_round ?? 0),
    progress_at: told.progress_at ?? before.progress_at,
    kept: { ...before.kept, ...told.kept },
  };
  const recipients = { ...thread.recipients, [notice.recipient]: after };
  return store.updateThread({ ...thread, recipients });
}
