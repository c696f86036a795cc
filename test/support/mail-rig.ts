import type { Channel } from "../../src/ports.ts";
import type { ChannelRig } from "../contracts/channel.ts";
import { readMail, shownIn } from "./mail-text.ts";

/** A rig over the mails that have come. They are parsed before a delivery ends, since the contract asks for their text at once. */
export function mailRig(
  channel: Channel,
  mails: () => readonly Buffer[],
): Omit<ChannelRig, "secrets" | "close"> {
  const shown: string[] = [];
  const pages: string[] = [];
  const deliver: Channel["deliver"] = async (message, recipient) => {
    const delivery = await channel.deliver(message, recipient);
    for (const raw of mails().slice(pages.length)) {
      const mail = await readMail(raw);
      shown.push(...shownIn(mail));
      pages.push(mail.html ?? "");
    }
    return delivery;
  };
  return { channel: { ...channel, deliver }, arrived: () => pages.join("\n"), shown: () => shown };
}
