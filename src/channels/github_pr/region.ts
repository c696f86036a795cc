import type { RunMark } from "./names.ts";

/** A part of a text that is ours: from its first marker to its last. All around it is other people's. */
export interface Region {
  readonly from: number;
  readonly to: number;
  /** Without markers, line breaks as `\n`. */
  readonly text: string;
  /** Of the run that wrote it. */
  readonly name: string | null;
  /** What the region remembers: `<!-- bioagent:RUN:KEY:VALUE -->`. */
  readonly notes: Readonly<Record<string, string>>;
}

const marker = (id: string, rest: string): string => `<!-- bioagent:${id}:${rest} -->`;

/** Ids hold no other character that means something in a pattern. */
const pattern = (id: string): string => id.replaceAll(".", "\\.");

/** The line by which a comment of ours is known again. */
export const commentMarker = (mark: RunMark, round: number): string => marker(mark.id, `told:${round}`);

/** The run's region. A marker counts only alone on its line, so none in a cell, a quotation or a code block does. */
export function findRegion(text: string, id: string): Region | null {
  const lines = new RegExp(`^<!-- bioagent:${pattern(id)}:(start|end) -->[ \\t]*\\r?$`, "gm");
  let start: RegExpExecArray | null = null;
  for (const found of text.matchAll(lines)) {
    if (found[1] === "start") start = found;
    else if (start) return regionAt(text, id, start, found);
  }
  return null;
}

/** Whether there is no region, and yet one of its markers: people did not take it out, they have damaged it. */
export const isDamaged = (text: string, id: string): boolean =>
  findRegion(text, id) === null && new RegExp(`^<!-- bioagent:${pattern(id)}:`, "m").test(text);

function regionAt(text: string, id: string, start: RegExpExecArray, end: RegExpExecArray): Region {
  const inner = text.slice(start.index + start[0].length + 1, end.index).replaceAll("\r\n", "\n");
  // Formatters of Markdown put empty lines between comments.
  const note = new RegExp(`^\\s*<!-- bioagent:${pattern(id)}:([a-z]+):([A-Za-z0-9._-]+) -->[ \\t]*\\n`);
  const notes: Record<string, string> = {};
  let rest = inner;
  for (let found = note.exec(rest); found; found = note.exec(rest)) {
    notes[found[1]!] = found[2]!;
    rest = rest.slice(found[0].length);
  }
  const to = end.index + end[0].replace(/\r$/, "").length;
  return { from: start.index, to, text: rest.trim(), name: notes["name"] ?? null, notes };
}

/** The markers with a text between them; no line break at the end. */
export function regionText(
  mark: RunMark,
  text: string,
  notes: Readonly<Record<string, string>> = {},
): string {
  const all = Object.entries({ name: mark.name, ...notes });
  return [
    marker(mark.id, "start"),
    ...all.map(([key, value]) => marker(mark.id, `${key}:${value}`)),
    "",
    text.trim(),
    "",
    marker(mark.id, "end"),
  ].join("\n");
}

/** The text with the run's region replaced, or added at its end; all else byte for byte, and unchanged when nothing is new. */
export function withRegion(
  whole: string,
  mark: RunMark,
  text: string,
  notes: Readonly<Record<string, string>> = {},
): string {
  const region = findRegion(whole, mark.id);
  if (region === null) return `${whole}${gapAfter(whole)}${regionText(mark, text, notes)}\n`;
  const isSame = region.text === text.trim() && sameNotes(region.notes, { name: mark.name, ...notes });
  if (isSame) return whole;
  return `${whole.slice(0, region.from)}${regionText(mark, text, notes)}${whole.slice(region.to)}`;
}

function gapAfter(text: string): string {
  if (text === "" || /\r?\n\r?\n$/.test(text)) return "";
  return text.endsWith("\n") ? "\n" : "\n\n";
}

/** The round of the run that the region was last written in. */
export const roundOf = (region: Region | null): number => Number(region?.notes["round"] ?? 1);

/** That the run was saved again is no news by itself. */
const UNTOLD = "rev";

function sameNotes(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const keys = [...Object.keys(a), ...Object.keys(b)].filter((key) => key !== UNTOLD);
  return keys.every((key) => a[key] === b[key]);
}

/** Whether the region shows the run as it was later than at this revision: two deliveries have overtaken one another. */
export const isAhead = (region: Region | null, rev: number): boolean =>
  Number(region?.notes[UNTOLD] ?? 0) > rev;
