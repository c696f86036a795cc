import { cutText, fitDetails, flatten, noticeParts } from "../../core/message.ts";
import type { Message } from "../../ports.ts";
import { begunSubject } from "./conversation.ts";

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

/** What an inbox shows beside the subject: what has happened, if the subject does not say it, the counts, the first reason. */
export function previewOf(lines: MailLines, message: Message): string {
  const { title, details } = lines;
  const happened = subjectOf(lines, message).includes(title) ? null : title.slice(OURS.length);
  return cutText([happened, statusOf(lines), details[0]].filter(Boolean).join(" · "), 250);
}

/** Every title begins with it. */
const OURS = "🧬 BioAgent ";

/**
 * One line that says how it went. But where the start was told, all mails of the run have its subject, which says nothing that the end
 * makes untrue: Gmail shows mails of different subjects as different conversations, whatever their References say.
 */
export function subjectOf(lines: MailLines, message: Message): string {
  const begun = begunSubject(message.kept);
  // A run's id has come through no filter of ours when it was imported.
  const subject = cutText(flatten(begun ?? ownSubject(lines, message)), MAX_SUBJECT_CHARS);
  return begun === null ? subject : `Re: ${subject}`;
}

function ownSubject(lines: MailLines, { event, facts, test }: Message): string {
  const mark = test ? "[Test] " : "";
  if (event === "run.started") return `${mark}${OURS}Run: ${facts.run_id}`;
  const status = statusOf(lines);
  return `${mark}${lines.title}: ${facts.run_id}${status ? ` (${status})` : ""}`;
}

const statusOf = ({ head }: MailLines): string | undefined =>
  head.find((line) => line.startsWith("Status: "))?.slice("Status: ".length);
