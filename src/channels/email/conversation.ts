import { createHash } from "node:crypto";
import type { Kept, Message } from "../../ports.ts";
import type { Mailbox } from "./address.ts";

/** What is kept of a run and recipient: the ids of the first mail and of the last, and the subject of the start. */
const FIRST = "first_message_id";
const LAST = "last_message_id";
const SUBJECT = "subject";

/** As RFC 5322 writes one; nothing else from the store comes into a header. */
const MESSAGE_ID = /^<[^<>\s@]{1,200}@[^<>\s@]{1,253}>$/;

/** The earlier mails that this one answers, oldest first; none of them is itself (a repeat). */
export function referencesOf(kept: Kept, ownId: string): string[] {
  const ids = [kept[FIRST], kept[LAST]].filter((id) => typeof id === "string" && MESSAGE_ID.test(id));
  return [...new Set(ids as string[])].filter((id) => id !== ownId);
}

/** The subject under which the run's start was told; null where it was not. */
export function begunSubject(kept: Kept): string | null {
  const subject = kept[SUBJECT];
  return typeof subject === "string" && subject !== "" ? subject : null;
}

/** What to keep once a mail has been taken, which arrives under this id. */
export function keptAfter(
  { event, kept }: Pick<Message, "event" | "kept">,
  { id, subject }: { readonly id: string; readonly subject: string },
): Kept {
  const first = kept[FIRST];
  return {
    [FIRST]: typeof first === "string" ? first : id,
    [LAST]: id,
    ...(event === "run.started" && begunSubject(kept) === null ? { [SUBJECT]: subject } : {}),
  };
}

/** The same notice always has the same id: a mailbox that looks at ids shows a repeat once. SES puts its own in its place. */
export function messageIdOf(message: Message, from: Mailbox, to: Mailbox): string {
  const told = createHash("sha256").update(`${message.notice_id}\n${to.address}`).digest("hex");
  return `<${told.slice(0, 32)}@${from.address.slice(from.address.lastIndexOf("@") + 1)}>`;
}
