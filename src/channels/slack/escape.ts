import { cutText } from "../../core/message.ts";

/** The three characters that Slack parses, in Slack's order; it makes mentions and links of names harmless. */
export const escapeSlack = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** Cuts an escaped text to `maxChars`, never inside a character or an entity. */
export function cutEscaped(escaped: string, maxChars: number): string {
  if (escaped.length <= maxChars) return escaped;
  const cut = cutText(escaped, maxChars).slice(0, -1);
  return `${cut.replace(/&[a-z]*$/, "")}…`;
}
