import { domainToASCII } from "node:url";

/** One person or list that mail comes from or goes to. */
export interface Mailbox {
  /** What people read; empty where only an address was given. */
  readonly name: string;
  /** `local@domain`, the domain in ASCII. */
  readonly address: string;
}

/** The two forms that an address is written in: `Name <pi@lab.org>`, the name quoted or not, and `pi@lab.org`. */
const NAMED = /^(?:"((?:[^"\\]|\\.)*)"|([^"<>,;:@]*))\s*<([^<>\s]+)>$/;
/** RFC 5321's characters; one beyond ASCII would need a server that speaks SMTPUTF8, which SES does not. */
const LOCAL = /^[\w.!#$%&'*+/=?^`{|}~-]{1,64}$/;
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i;
const MAX_NAME_CHARS = 120;
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u;

/** The one mailbox that a text names, or null: lists, groups, line breaks and half addresses are none. */
export function parseMailbox(text: string): Mailbox | null {
  const plain = text.trim();
  if (UNPRINTABLE.test(plain) || !plain.isWellFormed()) return null;
  const [, quoted, bare = "", inside = plain] = NAMED.exec(plain) ?? [];
  const name = (quoted?.replace(/\\(.)/g, "$1") ?? bare).trim();
  const address = parseAddress(inside);
  return address === null || name.length > MAX_NAME_CHARS ? null : { name, address };
}

function parseAddress(text: string): string | null {
  const at = text.lastIndexOf("@");
  const local = text.slice(0, Math.max(at, 0));
  const domain = domainToASCII(text.slice(at + 1));
  if (!LOCAL.test(local) || local.startsWith(".") || local.endsWith(".") || local.includes("..")) return null;
  const labels = domain.split(".");
  // `pi@lab` is more often a slip than a host; a machine that mails itself is named localhost.
  if (labels.length < 2 && domain !== "localhost") return null;
  return domain.length <= 253 && labels.every((label) => LABEL.test(label)) ? `${local}@${domain}` : null;
}
