import { count } from "../../core/count.ts";
import type { Context } from "../context.ts";

/** What became of a test message to one recipient. */
export interface Tried {
  readonly recipient: string;
  readonly delivered: boolean;
  readonly text: string;
}

/** What arrived is what was asked for; all else is said beside it. */
export function sayTried(
  { terminal, json }: Context,
  channel: string,
  { recipient, delivered, text }: Tried,
): void {
  const line = `channel ${channel}${recipient === channel ? "" : `, ${recipient}`}: ${text}\n`;
  if (!delivered) terminal.err(`bioagent: ${line}`);
  else if (!json) terminal.out(line);
}

/** Of what is given up on a channel, nobody is asked for more. */
export const MOST_GIVEN_UP = 1000;

/** What a channel that works again can tell after all; nothing without any. */
export const sayGivenUp = (amount: number): string =>
  amount === 0
    ? ""
    : `${count(amount, "notice")} given up meanwhile: bioagent notify retry --all-failed sends them again\n`;
