/** Each kind of sequence has a longest form: without one, a log of escape characters would be read over and over. */
const ESCAPES =
  /\u001b(?:\[[0-?]{0,64}[ -/]{0,16}[@-~]|\][^\u0007\u001b]{0,512}(?:\u0007|\u001b\\)|[PX^_][^\u001b]{0,512}\u001b\\|[ -/]{0,16}[0-~])/g;

/** A log as it may stand in a document or a page: no escape sequences, no control characters but newline and tab. */
export function cleanText(text: string): string {
  const plain = text.replace(ESCAPES, "");
  const lines = plain.includes("\r") ? plain.split("\n").map(asShown).join("\n") : plain;
  return lines.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, "");
}

/** Of a line that was overwritten after a carriage return (a progress bar), what a terminal would show last. */
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
const TAIL_BYTES = 8192;

/** The end of a log for an observation: at most 100 lines and 8 KiB. */
export function tailOf(text: string): string {
  const tail = lastLines(cleanText(text), TAIL_LINES);
  const bytes = Buffer.from(tail);
  if (bytes.length <= TAIL_BYTES) return tail;
  // Without the rest of a character that begins before the cut.
  return bytes
    .subarray(bytes.length - TAIL_BYTES)
    .toString()
    .replace(/^\ufffd+/, "");
}
