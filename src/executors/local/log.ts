import { closeSync, fstatSync, openSync, readSync } from "node:fs";

const TAIL_LINES = 100;
const TAIL_BYTES = 8192;

/** The end of a log for an observation: at most 100 lines and 8 KiB. Null when there is no log. */
export function readTail(path: string): string | null {
  // Twice the size: escape sequences and overwritten progress bars are taken out after reading.
  const raw = readEnd(path, 2 * TAIL_BYTES);
  return raw === null ? null : lastBytes(lastLines(cleanLog(raw), TAIL_LINES), TAIL_BYTES);
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

function readEnd(path: string, most: number): Buffer | null {
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
    return wholeCharacters(bytes.subarray(0, got), length < size);
  } finally {
    closeSync(file);
  }
}

/** Without the rest of a character that begins before the cut. */
function wholeCharacters(bytes: Buffer, wasCut: boolean): Buffer {
  let start = 0;
  while (wasCut && start < 3 && start < bytes.length && (bytes[start]! & 0xc0) === 0x80) start++;
  return bytes.subarray(start);
}

/** Each kind of sequence has a longest form: without one, a log of escape characters would be read over and over. */
const ESCAPES =
  /\u001b(?:\[[0-?]{0,64}[ -/]{0,16}[@-~]|\][^\u0007\u001b]{0,512}(?:\u0007|\u001b\\)|[PX^_][^\u001b]{0,512}\u001b\\|[ -/]{0,16}[0-~])/g;

/**
 * Valid UTF-8 with no control characters but newline and tab, so that it can stand in a document, a terminal or a page.
 * Of a line that was overwritten after a carriage return (a progress bar), what a terminal would show last stays.
 */
export function cleanLog(raw: Buffer): string {
  const text = raw.toString("utf8").replace(ESCAPES, "");
  const lines = text.includes("\r") ? text.split("\n").map(asShown).join("\n") : text;
  return lines.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, "");
}

function asShown(line: string): string {
  let end = line.length;
  while (end > 0 && line[end - 1] === "\r") end -= 1;
  return line.slice(line.lastIndexOf("\r", end - 1) + 1, end);
}

function lastLines(text: string, lines: number): string {
  const end = text.endsWith("\n") ? "\n" : "";
  const all = text.slice(0, text.length - end.length).split("\n");
  return lines <= 0 || text === "" ? "" : all.slice(-lines).join("\n") + end;
}

function lastBytes(text: string, most: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= most) return text;
  return wholeCharacters(bytes.subarray(bytes.length - most), true).toString();
}
