import type { Message, Preview } from "../../ports.ts";
import { htmlOf } from "./html.ts";
import { mailLines, subjectOf } from "./mail-lines.ts";

/** As `mail.ts` begins; what core puts into a notice always fits this first size. */
const DETAIL_CHARS = 24_000;

/** The mail's page under its subject. The other form of the mail, plain text, says the same. */
export async function previewEmail(message: Message): Promise<Preview> {
  const lines = mailLines(message, DETAIL_CHARS);
  return { form: "html", title: subjectOf(lines, message), text: htmlOf(lines, message) };
}
