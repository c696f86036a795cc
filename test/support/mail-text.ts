import PostalMime, { type Email } from "postal-mime";

/** A mail as an independent parser reads it. */
export const readMail = (raw: Buffer): Promise<Email> => PostalMime.parse(raw);

export const headerOf = (mail: Email, name: string): string | undefined =>
  mail.headers.find(({ key }) => key === name.toLowerCase())?.value;

/** The two ways a mail shows itself: as its text, and as what one sees of its page, a line for each block. */
export const shownIn = (mail: Email): string[] => [
  (mail.text ?? "").replace(/\n$/, ""),
  pageText(mail.html ?? ""),
];

const ENTITIES: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  nbsp: "\u00a0",
  zwnj: "\u200c",
};

/** What is left of a page when nothing hidden, no comment and no tag is seen. */
export function pageText(html: string): string {
  return html
    .replace(/<!--[\s\S]*?-->/g, "")
    .replace(/<head>[\s\S]*?<\/head>/g, "")
    .replace(/<(\w+)[^>]*display:none[^>]*>[\s\S]*?<\/\1>/g, "")
    .replace(/\r?\n/g, "")
    .replace(/<\/(?:p|li|h1)>/g, "\n")
    .replace(/<[^>]*>/g, "")
    .replace(/&(?:#(\d+)|(\w+));/g, (all, number: string | undefined, name: string | undefined) =>
      number ? String.fromCodePoint(Number(number)) : (ENTITIES[name ?? ""] ?? all),
    )
    .replace(/\n+$/, "");
}
