import type { Paint, Style } from "./paint.ts";
import { cutToWidth, displayWidth, oneLine, padToWidth } from "./width.ts";

export interface Column {
  readonly title: string;
  readonly align?: "left" | "right";
  /** May be cut when the table does not fit; `last`: only when the others have been. */
  readonly shrink?: boolean | "last";
}

export type Cell = string | { readonly text: string; readonly style: Style };

const GAP = 2;
const NARROWEST = 6;

/** Lines of a table: titles, then rows; cut to `width` columns where that is given. */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  { width, paint }: { readonly width: number | null; readonly paint: Paint },
): string[] {
  const texts = rows.map((row) => row.map((cell) => oneLine(typeof cell === "string" ? cell : cell.text)));
  const widths = fit(columns, texts, width);
  const line = (cells: readonly string[], styles: readonly (Style | null)[]): string =>
    cells
      .map((text, at) => {
        const padded = padToWidth(cutToWidth(text, widths[at]!), widths[at]!, columns[at]!.align);
        const shown = at === cells.length - 1 ? padded.trimEnd() : padded;
        return styles[at] ? paint(styles[at], shown) : shown;
      })
      .join(" ".repeat(GAP))
      .trimEnd();
  const titles = columns.map((column) => column.title);
  return [
    line(
      titles,
      titles.map(() => "dim"),
    ),
    ...rows.map((row, at) =>
      line(
        texts[at]!,
        row.map((cell) => (typeof cell === "string" ? null : cell.style)),
      ),
    ),
  ];
}

function fit(
  columns: readonly Column[],
  texts: readonly (readonly string[])[],
  width: number | null,
): number[] {
  const widths = columns.map((column, at) =>
    texts.reduce((most, row) => Math.max(most, displayWidth(row[at] ?? "")), displayWidth(column.title)),
  );
  if (width === null) return widths;
  for (;;) {
    const total = widths.reduce((sum, each) => sum + each, 0) + GAP * (widths.length - 1);
    const over = total - width;
    const at = widestToShrink(columns, widths);
    if (over <= 0 || at === -1) return widths;
    widths[at]! -= 1;
  }
}

function widestToShrink(columns: readonly Column[], widths: readonly number[]): number {
  const widest = (shrink: true | "last"): number => {
    let found = -1;
    columns.forEach((column, at) => {
      if (column.shrink !== shrink || widths[at]! <= NARROWEST) return;
      if (found === -1 || widths[at]! > widths[found]!) found = at;
    });
    return found;
  };
  const first = widest(true);
  return first === -1 ? widest("last") : first;
}
