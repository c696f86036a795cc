import type { Message } from "../../ports.ts";
import type { Mailbox } from "./address.ts";
import { messageIdOf, referencesOf } from "./conversation.ts";
import { htmlOf } from "./html.ts";
import { type MailLines, mailLines, subjectOf, textOf } from "./mail-lines.ts";

export interface Mail {
  readonly from: Mailbox;
  readonly to: Mailbox;
  /** Its own `Message-ID`, in `<>`. */
  readonly id: string;
  readonly subject: string;
  /** The whole of it, lines ended by CRLF, ASCII only. */
  readonly raw: Buffer;
}

export interface Correspondents {
  readonly from: Mailbox;
  readonly to: Mailbox;
  readonly replyTo: Mailbox | null;
}

/** Characters of details; the first that makes no larger a page than Gmail shows whole. */
const DETAIL_CHARS = [24_000, 12_000, 6_000, 3_000, 1_000];
/** Gmail cuts a message at about 102 KB. */
const MAX_HTML_BYTES = 90_000;

/** One mail to one person: text and HTML, marked so that no machine answers it. Loads the composer at the first. */
export async function composeMail(message: Message, who: Correspondents, now: Date): Promise<Mail> {
  const { default: MailComposer } = await import("nodemailer/lib/mail-composer");
  const { from, to, replyTo } = who;
  const id = messageIdOf(message, from, to);
  const references = referencesOf(message.kept, id);
  const { lines, html } = pageOf(message);
  const subject = subjectOf(lines, message);
  const composer = new MailComposer({
    // Names and addresses as parts: nothing in them is parsed for a second address.
    from,
    to,
    ...(replyTo ? { replyTo } : {}),
    subject,
    messageId: id,
    date: now,
    ...(references.length > 0 ? { references, inReplyTo: references.at(-1) } : {}),
    headers: {
      "Auto-Submitted": "auto-generated",
      // Exchange looks at this one before it says that somebody is on holiday.
      "X-Auto-Response-Suppress": "All",
      "X-BioAgent-Run": message.facts.run_id.replace(/[^\w.-]+/g, "_").slice(0, 128),
    },
    text: textOf(lines),
    html,
    xMailer: false,
    // The composer has put every name into its own capitals.
    normalizeHeaderKey: (key) => (key === "X-Bioagent-Run" ? "X-BioAgent-Run" : key),
    newline: "\r\n",
    // Boundaries stay random: a log line that holds a foreseeable one would end a part.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return { from, to, id, subject, raw: await composer.compile().build() };
}

function pageOf(message: Message): { lines: MailLines; html: string } {
  for (const maxChars of DETAIL_CHARS) {
    const lines = mailLines(message, maxChars);
    const html = htmlOf(lines, message);
    if (Buffer.byteLength(html) <= MAX_HTML_BYTES || maxChars === DETAIL_CHARS.at(-1)) return { lines, html };
  }
  throw new Error("unreachable: the last size is always taken");
}
