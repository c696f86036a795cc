import type { Delivery } from "../../ports.ts";
import { plainPayload, type SlackPayload } from "./payload.ts";

/** Slack did not like the message's form, so nothing was posted. */
export interface Unreadable {
  readonly kind: "unreadable";
  readonly reason: string;
}

type Refused = Extract<Delivery, { kind: "permanent" }>;

/** Once with blocks; once more as plain text when Slack refused the form, since then nothing was posted. */
export async function inReadableForm<T extends { readonly kind: string }>(
  send: (payload: SlackPayload) => Promise<T | Unreadable>,
  payload: SlackPayload,
  name: string,
): Promise<T | Refused> {
  const first = await send(payload);
  if (!isUnreadable(first)) return first;
  const second = await send(plainPayload(payload));
  if (!isUnreadable(second)) return second;
  const reason = `${first.reason} to the notice, and to the same as plain text, on channel ${name}: a fault of BioAgent; please report it`;
  return { kind: "permanent", reason, disable: false };
}

const isUnreadable = <T extends { readonly kind: string }>(outcome: T | Unreadable): outcome is Unreadable =>
  outcome.kind === "unreadable";

/** Takes secrets out of the reason. */
export const hide = (delivery: Delivery, redact: (text: string) => string): Delivery =>
  delivery.kind === "delivered" ? delivery : { ...delivery, reason: redact(delivery.reason) };
