import { cutText } from "./message.ts";
import type { FailureClass } from "./status.ts";

/**
 * Lines that speak for a class, whatever the exit code. Our own patterns, all literal or simple; the user's own
 * are searched at the edge (`Patterns`). The order is the order of looking.
 */
const LOG_EVIDENCE: readonly (readonly [FailureClass, RegExp])[] = [
  [
    "oom",
    /oom[-_]kill|out[ -]of[ -]memory|OutOfMemoryError|std::bad_alloc|Cannot allocate memory|cannot allocate vector of size|memory allocation of \d+ bytes failed|Exceeded (?:job|step) memory limit|not enough memory|^MemoryError\b/i,
  ],
  ["disk_full", /No space left on device|Disk quota exceeded/i],
  ["io", /Stale file handle|Transport endpoint is not connected|Input\/output error/i],
  [
    "not_executable",
    /: command not found|: not found$|No module named|ModuleNotFoundError|: Permission denied$/i,
  ],
];

/** How much of a line is kept as evidence. */
const LINE_CAP = 300;

/** The last line of the log that speaks for a class, the weightiest class first; null when none does. */
export function logEvidence(tail: string): { class: FailureClass; line: string } | null {
  const lines = tail.split("\n").map((line) => line.trim());
  for (const [failure, pattern] of LOG_EVIDENCE) {
    const line = lines.findLast((candidate) => pattern.test(candidate));
    if (line !== undefined) return { class: failure, line: cutText(withoutScriptPath(line), LINE_CAP) };
  }
  return null;
}

/** The shell names its script by a path that is the attempt's own: the same fault of two jobs must read the same. */
const withoutScriptPath = (line: string): string => line.replace(/^\S*\/script: (?=line \d)/, "");
