import type { Email } from "postal-mime";
import type { Channel } from "../../src/ports.ts";
import type { ChannelRig } from "../contracts/channel.ts";
import { readMail, shownIn } from "./mail-text.ts";

/** What the golden file keeps of a mail. */
const pageOf = ({ html }: Email): string => html ?? "";
export const letterOf = ({ subject, text }: Email): string => `Subject: ${subject}\n\n${text}`;

/** A rig over the mails that have come. They are parsed before a delivery ends, since the contract asks for their text at once. */
export function mailRig(
  channel: Channel,
  mails: () => readonly Buffer[],
  golden = pageOf,
): Omit<ChannelRig, "secrets" | "close"> {
  const shown: string[] = [];
  const kept: string[] = [];
  const deliver: Channel["deliver"] = async (message, recipient) => {
    const delivery = await channel.deliver(message, recipient);
    for (const raw of mails().slice(kept.length)) {
      const mail = await readMail(raw);
      shown.push(...shownIn(mail));
      kept.push(golden(mail));
    }
    return delivery;
  };
  return { channel: { ...channel, deliver }, arrived: () => kept.join("\n"), shown: () => shown };
}
