/** Each kind of sequence has a longest form: without one, a log of escape characters would be read over and over. */
const ESCAPES =
  /\u001b(?:\[[0-?]{0,64}[ -/]{0,16}[@-~]|\][^\u0007\u001b]{0,512}(?:\u0007|\u001b\\)|[PX^_][^\u001b]{0,512}\u001b\\|[ -/]{0,16}[0-~])/g;

/**
 * A log as it may stand in a document, a terminal or a page: no escape sequences, no control characters but newline and tab.
 * Of a line that was overwritten after a carriage return (a progress bar), what a terminal would show last stays.
 */
export function cleanLog(text: string): string {
  const plain = text.replace(ESCAPES, "");
  const lines = plain.includes("\r") ? plain.split("\n").map(asShown).join("\n") : plain;
  return lines.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, "");
}

function asShown(line: string): string {
  let end = line.length;
  while (end > 0 && line[end - 1] === "\r") end -= 1;
  return line.slice(line.lastIndexOf("\r", end - 1) + 1, end);
}

/** The last so many lines. */
export function lastLines(text: string, lines: number): string {
  const end = text.endsWith("\n") ? "\n" : "";
  const all = text.slice(0, text.length - end.length).split("\n");
  return lines <= 0 || text === "" ? "" : all.slice(-lines).join("\n") + end;
}

const TAIL_LINES = 100;
/** Of UTF-8. */
export const TAIL_BYTES = 8192;

/** The end of a log for an observation: cleaned, at most 100 lines and 8 KiB, beginning with a whole character. */
export function tailOf(text: string): string {
  const tail = lastLines(cleanLog(text), TAIL_LINES);
  const bytes = new TextEncoder().encode(tail);
  return bytes.length <= TAIL_BYTES ? tail : decodeEnd(bytes.subarray(bytes.length - TAIL_BYTES));
}

/** The last bytes of an UTF-8 text as text, without the rest of a character that begins before them. */
export function decodeEnd(bytes: Uint8Array): string {
  let start = 0;
  while (start < 3 && start < bytes.length && (bytes[start]! & 0xc0) === 0x80) start += 1;
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes.subarray(start));
}
