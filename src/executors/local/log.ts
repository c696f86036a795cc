import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { cleanLog, decodeEnd, lastLines, TAIL_BYTES, tailOf } from "../../core/log-text.ts";

/** The end of a log for an observation: at most 100 lines and 8 KiB. Null when there is no log. */
export function readTail(path: string): string | null {
  // Twice the size: escape sequences and overwritten progress bars are taken out after reading.
  const text = readEnd(path, 2 * TAIL_BYTES);
  return text === null ? null : tailOf(text);
}

/** Bytes that are read for the last so many lines: a log may hold one line of many megabytes. */
const BYTES_PER_LINE = 4096;

/** The last `lines` lines (of very long ones, their end), or all that is kept. Null when there is no log. */
export function readLog(path: string, lines: number | null): string | null {
  const most = lines === null ? Number.POSITIVE_INFINITY : Math.max(lines * BYTES_PER_LINE, 64 * 1024);
  const raw = readEnd(path, most);
  if (raw === null) return null;
  const text = cleanLog(raw);
  return lines === null ? text : lastLines(text, lines);
}

function readEnd(path: string, most: number): string | null {
  let file: number;
  try {
    file = openSync(path, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
  try {
    const { size } = fstatSync(file);
    const length = Math.min(size, most);
    const bytes = Buffer.alloc(length);
    const got = readSync(file, bytes, 0, length, size - length);
    const read = bytes.subarray(0, got);
    return length < size ? decodeEnd(read) : read.toString("utf8");
  } finally {
    closeSync(file);
  }
}
