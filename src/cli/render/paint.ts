export type Style = "bold" | "dim" | "red" | "green" | "yellow" | "cyan";

/** Wraps a text in a terminal's colour, or leaves it. */
export type Paint = (style: Style, text: string) => string;

const CODES: Readonly<Record<Style, readonly [number, number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
};

export const plainPaint: Paint = (_style, text) => text;

export const colourPaint: Paint = (style, text) => {
  const [on, off] = CODES[style];
  return text === "" ? "" : `\x1b[${on}m${text}\x1b[${off}m`;
};

/** The colour of a status of a run or a job. */
export function statusStyle(status: string): Style {
  switch (status) {
    case "succeeded":
    case "completed":
      return "green";
    case "failed":
      return "red";
    case "skipped":
    case "cancelled":
      return "yellow";
    case "running":
      return "cyan";
    default:
      return "dim";
  }
}
