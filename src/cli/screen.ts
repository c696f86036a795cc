import { displayWidth } from "./render/width.ts";
import type { Terminal } from "./terminal.ts";

/** A block of lines at the end of a terminal's text, drawn over itself. */
export interface Screen {
  draw(lines: readonly string[]): void;
  /** Prints what stays, above the block. */
  print(text: string): void;
  /** Leaves the last block standing and gives the cursor back. */
  close(): void;
}

const HIDE_CURSOR = "\x1b[?25l";
const SHOW_CURSOR = "\x1b[?25h";
/** Terminals that know it show the whole change at once; the others ignore it. */
const BEGIN = "\x1b[?2026h";
const END = "\x1b[?2026l";
const CLEAR_LINE_END = "\x1b[K";
const CLEAR_BELOW = "\x1b[J";

export function openScreen(terminal: Terminal): Screen {
  let drawn: readonly string[] = [];
  let open = true;
  // However the process ends, the cursor comes back.
  const restore = (): void => terminal.out(SHOW_CURSOR);
  process.on("exit", restore);
  terminal.out(HIDE_CURSOR);

  const block = (lines: readonly string[]): string =>
    lines.map((line) => `${line}${CLEAR_LINE_END}\n`).join("") + CLEAR_BELOW;

  return {
    draw(lines) {
      if (!open) return;
      terminal.out(`${BEGIN}${toTop(drawn, terminal.size())}${block(lines)}${END}`);
      drawn = lines;
    },
    print(text) {
      const above = text.endsWith("\n") ? text.slice(0, -1).split("\n") : text.split("\n");
      terminal.out(`${BEGIN}${toTop(drawn, terminal.size())}${block([...above, ...drawn])}${END}`);
    },
    close() {
      if (!open) return;
      open = false;
      process.off("exit", restore);
      restore();
    },
  };
}

/** Up to the block's first row. A terminal that became narrower has broken its lines into several rows. */
function toTop(lines: readonly string[], { columns, rows }: { columns: number; rows: number }): string {
  const taken = lines.reduce((sum, line) => sum + Math.max(1, Math.ceil(displayWidth(line) / columns)), 0);
  const up = Math.min(taken, rows - 1);
  return up === 0 ? "\r" : `\x1b[${up}A\r`;
}
