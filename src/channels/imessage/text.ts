import { cutText, fitDetails, noticeParts } from "../../core/message.ts";
import type { Message } from "../../ports.ts";

/** UTF-16 units. A phone shows so much without "more", twice. */
const MAX_CHARS = 2_000;
/** For what is said about the sending itself, so that the rest is the same at every try. */
const MARKS_CHARS = 200;

const PLAIN = { possible_repeat: false, test: false };

export interface ImessageText {
  /** As it is sent: plain, no markup of any kind. */
  readonly text: string;
  /** Whether a text in the chat is this notice, at this try or an earlier one. */
  readonly isOwn: (text: string) => boolean;
}

/** The notice as a text message. Details give way first, what to type next stays. */
export function imessageText(
  message: Pick<Message, "event" | "facts" | "round" | "possible_repeat" | "test">,
): ImessageText {
  const body = bodyOf(message);
  const text = [body, ...marksOf(message, message)].join("\n");
  const marks = [false, true].flatMap((possible_repeat) =>
    [false, true].map((test) => marksOf(message, { possible_repeat, test }).join("\n")),
  );
  const own = new Set(marks.map((mark) => lettersOf(`${body}\n${mark}`)));
  return { text, isOwn: (seen) => own.has(lettersOf(seen)) };
}

function bodyOf({ event, facts, round }: Pick<Message, "event" | "facts" | "round">): string {
  const parts = noticeParts(event, facts, PLAIN);
  // A retried run may end with the very same words: they must not be taken for those of the round before.
  const tail = [...(round > 1 ? [`Round: ${round}`] : []), ...parts.tail];
  const rest = [parts.title, ...parts.head, ...tail].join("\n").length + 1;
  const maxChars = MAX_CHARS - MARKS_CHARS;
  const details = fitDetails(parts, maxChars - rest);
  return cutText([parts.title, ...parts.head, ...details, ...tail].join("\n"), maxChars);
}

const marksOf = (
  { event, facts }: Pick<Message, "event" | "facts">,
  flags: Pick<Message, "possible_repeat" | "test">,
): string[] => noticeParts(event, facts, flags).tail.slice(noticeParts(event, facts, PLAIN).tail.length);

/** Messages may change quotes, dashes and spaces on the way; letters and digits stay. */
const lettersOf = (text: string): string => text.normalize("NFC").replace(/[^\p{L}\p{N}]+/gu, "");
