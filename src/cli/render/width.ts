/** How many columns of a terminal a text takes, and how it is made to fit. */

const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });
const TERMINAL_CODE = /\x1b\[[0-9;?]*[ -/]*[@-~]/g;
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]+/gu;
const WIDE =
  /^(?:\p{Emoji_Presentation}|\p{Extended_Pictographic}\ufe0f|[\u1100-\u115f\u2e80-\u303e\u3041-\u4dbf\u4e00-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{20000}-\u{3fffd}])/u;
const NO_WIDTH = /^(?:\p{Mn}|\p{Me}|\p{Cf})+$/u;

/** Columns; colours count for nothing, emoji and ideographs for two. */
export function displayWidth(text: string): number {
  const bare = text.replace(TERMINAL_CODE, "");
  if (/^[\x20-\x7e]*$/.test(bare)) return bare.length;
  let width = 0;
  for (const { segment } of graphemes.segment(bare)) width += graphemeWidth(segment);
  return width;
}

const graphemeWidth = (segment: string): number => (NO_WIDTH.test(segment) ? 0 : WIDE.test(segment) ? 2 : 1);

/** At most `width` columns, ending in `…` where something was cut. For texts without colours. */
export function cutToWidth(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  let used = 0;
  let kept = "";
  for (const { segment } of graphemes.segment(text)) {
    used += graphemeWidth(segment);
    if (used > width - 1) break;
    kept += segment;
  }
  return width <= 0 ? "" : `${kept}…`;
}

export function padToWidth(text: string, width: number, align: "left" | "right" = "left"): string {
  const blank = " ".repeat(Math.max(0, width - displayWidth(text)));
  return align === "left" ? text + blank : blank + text;
}

/** One line without terminal codes or control characters, whatever a log line or a description holds. */
export const oneLine = (text: string): string =>
  text.toWellFormed().replace(TERMINAL_CODE, "").replace(UNPRINTABLE, " ").trim();
