import { createHash } from "node:crypto";
import { mustArrive } from "../../core/notice.ts";
import type { Delivery, Kept, Message } from "../../ports.ts";
import type { ImessageBridge, Look } from "./imessage-bridge.ts";
import { imessageText } from "./text.ts";

/** Longer than any notice is tried: it is looked for no further back. Hours. */
const LONGEST_AGO = 25;

export interface Teller {
  readonly channel: string;
  readonly bridge: ImessageBridge;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/**
 * Sends a notice, unless it is there already: what an earlier try may have sent is looked for first, and once more when this
 * try's end is not known. Where looking is impossible, what must arrive is repeated, marked, and progress is not.
 */
export async function tell(teller: Teller, message: Message): Promise<Delivery> {
  const { channel, bridge, now } = teller;
  const { text, isOwn } = imessageText(message);
  const key = keyOf(message.notice_id);
  const tried = firstTry(message.kept, key);
  const began = now();
  const own = { isOwn, since: tried ?? Math.max(began - LONGEST_AGO * 3_600_000, madeAt(message)) };
  if (message.possible_repeat || tried !== null) {
    const look = await bridge.find(own);
    if (look.kind === "found") return arrived(key, tried);
    if (look.kind === "unknown" && !mustArrive(message.event)) return untold(look.reason, channel);
  }
  const sent = await bridge.send({ text, tempGuid: tempGuidOf(message.notice_id) });
  if (sent.kind === "delivered") return arrived(key, tried);
  if (sent.kind !== "ambiguous") return sent;
  // An earlier try's text would have been found above, so only what this one sent can be found now.
  const look = await bridge.find({ isOwn, since: tried ?? began });
  if (look.kind === "found") return arrived(key, tried);
  return {
    ...sent,
    reason: `${sent.reason}${sayLook(look)}`,
    keep: { [key]: new Date(tried ?? began).toISOString() },
  };
}

/**
 * Epoch milliseconds, 0 if it is not known. No text that is older is this notice, only an earlier one of the same words; the bridges
 * allow for clocks that differ.
 */
const madeAt = ({ created_at }: Message): number => Date.parse(created_at) || 0;

const arrived = (key: string, tried: number | null): Delivery =>
  tried === null ? { kind: "delivered" } : { kind: "delivered", keep: { [key]: null } };

const untold = (why: string, channel: string): Delivery => ({
  kind: "ambiguous",
  reason: `An earlier sending for channel ${channel} may have arrived, and it cannot be looked for: ${why}`,
});

const sayLook = (look: Exclude<Look, { kind: "found" }>): string =>
  look.kind === "absent" ? " It is not in the chat yet." : "";

/** The channel keeps for a run and recipient; a run has several notices. */
const keyOf = (noticeId: string): string => `tried_${digest(noticeId).slice(0, 8)}`;

/** Epoch milliseconds; null: no earlier try of this notice had an unknown end. */
function firstTry(kept: Kept, key: string): number | null {
  const at = Date.parse(String(kept[key] ?? ""));
  return Number.isNaN(at) ? null : at;
}

/**
 * Of the notice alone: BlueBubbles refuses a text whose tempGuid it is still sending, so that two tries at once are one. With
 * the number of the try in it, a second try would pass while the first still hangs.
 */
const tempGuidOf = (noticeId: string): string => `bioagent-${digest(noticeId).slice(0, 32)}`;

const digest = (text: string): string => createHash("sha256").update(text).digest("hex");
