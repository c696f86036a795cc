import { cutText, fitDetails, flatten, noticeParts } from "../../core/message.ts";
import type { Message } from "../../ports.ts";

/** A notice as lines of plain text; both forms of a mail are made of the same. */
export interface MailLines {
  readonly title: string;
  readonly head: readonly string[];
  readonly details: readonly string[];
  readonly tail: readonly string[];
}

/** A path or a command is longer than that only when something is wrong. */
const MAX_LINE_CHARS = 1_000;
const MAX_SUBJECT_CHARS = 180;

/** The notice's lines with at most `maxDetailChars` of details, those left out counted. */
export function mailLines(message: Message, maxDetailChars: number): MailLines {
  const parts = noticeParts(message.event, message.facts, message);
  const cut = (line: string) => cutText(line, MAX_LINE_CHARS);
  return {
    title: parts.title,
    head: parts.head.map(cut),
    details: fitDetails(parts, maxDetailChars),
    tail: parts.tail.map(cut),
  };
}

export const textOf = ({ title, head, details, tail }: MailLines): string =>
  [title, ...head, ...details, ...tail].join("\n");

/** What an inbox shows beside the subject: the counts, or the first reason where there are none. */
export const previewOf = ({ head, details }: MailLines): string =>
  cutText([head.find(isStatus)?.slice("Status: ".length), details[0]].filter(Boolean).join(" · "), 250);

/**
 * One line that says how it went. The end is told under another subject than the start: Gmail then shows two conversations, but a
 * failure never hides behind a "Re: ... started".
 */
export function subjectOf({ title, head }: MailLines, message: Message): string {
  const run = `${title}: ${message.facts.run_id}`;
  const status = head.find(isStatus)?.slice("Status: ".length);
  const line = `${message.test ? "[Test] " : ""}${run}${status ? ` (${status})` : ""}`;
  // A run's id has come through no filter of ours when it was imported.
  return cutText(flatten(line), MAX_SUBJECT_CHARS);
}

const isStatus = (line: string): boolean => line.startsWith("Status: ");
