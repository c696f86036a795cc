import { cutText, fitDetails, type NoticeFlags, noticeParts } from "../../core/message.ts";
import type { NoticeFacts } from "../../core/notice.ts";
import type { NoticeEvent } from "../../core/run.ts";
import { codeBlock } from "./markdown.ts";

/** Characters of one line, and of the whole block without its indentation. */
const MAX = { line: 1_000, block: 6_000, tail: 400 };

/** The notice word for word, as a block of code. Details are dropped before what to type next. */
export function noticeBlock(event: NoticeEvent, facts: NoticeFacts, flags: NoticeFlags): string {
  const parts = noticeParts(event, facts, flags);
  const head = [parts.title, ...parts.head.map((line) => cutText(line, MAX.line))];
  const tail = parts.tail.map((line) => cutText(line, MAX.tail));
  const details = fitDetails(parts, MAX.block - [...head, ...tail].join("\n").length);
  return codeBlock([...head, ...details, ...tail]);
}
