import type { Delivery, Kept, Message } from "../../ports.ts";
import type { Sent } from "./bot.ts";

/*
 * When Slack does not make an edit, it is made again; meanwhile people hear without it. The notice then stays in the outbox for the
 * sake of the edit alone, or the run's message would say something else than its thread for ever.
 */

type Stuck = Extract<Sent, { kind: "stuck" }>;

/** Sendings that wait for the edit before people hear without it: more while Slack says nothing at all, since a post would be lost, too. */
const WAITING = { answered: 1, unanswered: 3 };
/** Here it ends, after some ten minutes. */
const MOST_TRIES = 7;

export const hasWaited = ({ answered }: Stuck, { tries }: Message): boolean =>
  tries > (answered ? WAITING.answered : WAITING.unanswered);

/** Others need not wait: the message of another run may well be edited. */
export const editAgain = ({ reason, after_seconds }: Stuck): Delivery => ({
  kind: "rejected",
  reason,
  after_seconds,
  alone: true,
});

/** What was `told` without the edit. */
export function editLater(edited: Stuck, { kept, notice_id }: Message, told: Delivery): Delivery {
  if (told.kind !== "delivered") return told;
  const heard = [...heardOf(kept), notice_id].slice(-MOST_HEARD).join("\n");
  return { ...editStill(edited), keep: { ...told.keep, heard } };
}

/** Notices of one run that wait for their edits at once; older ones have ended. */
const MOST_HEARD = 20;

const heardOf = ({ heard }: Kept): string[] => (typeof heard === "string" ? heard.split("\n") : []);

function editStill(edited: Stuck): Delivery {
  const reason = `Told in the thread alone, the run's message is not up to date yet. ${edited.reason}`;
  return editAgain({ ...edited, reason });
}

/** Whether people have heard it in an earlier sending. */
export const isEditOnly = ({ kept, notice_id }: Message): boolean => heardOf(kept).includes(notice_id);

/** Of a run that has ended: whether its end may have been told without the edit. If it was not, it is told next. */
export const isEndTold = ({ kept }: Message): boolean => heardOf(kept).length > 0;

/** What becomes of a notice that people have heard: whatever the edit came to, it counts as told at last. */
export function afterEdit(edited: Sent, { tries }: Message): Delivery {
  if (tries >= MOST_TRIES) return { kind: "delivered" };
  if (edited.kind === "stuck") return editStill(edited);
  return edited.kind === "rejected" ? edited : { kind: "delivered" };
}
