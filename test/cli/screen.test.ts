import assert from "node:assert/strict";
import { test } from "node:test";
import { openScreen } from "../../src/cli/screen.ts";
import type { Terminal } from "../../src/cli/terminal.ts";

/** As much of a terminal as the screen uses: lines, the cursor's row, clearing. Wide enough, or narrow as `columns` says. */
class FakeTerminal implements Terminal {
  readonly interactive = true;
  readonly written: string[] = [];
  columns = 40;
  rows = 24;
  #lines: string[] = [""];
  #row = 0;
  #column = 0;

  readonly out = (text: string): void => {
    this.written.push(text);
    for (const [part] of text.matchAll(/\x1b\[\??[\d;]*[A-Za-z]|[\s\S]/g)) this.#take(part);
  };
  readonly err = (): void => {};
  readonly size = () => ({ columns: this.columns, rows: this.rows });
  readonly onResize = () => () => {};

  get text(): string {
    return this.#lines.join("\n").trimEnd();
  }

  /** Breaks what stands there into rows of the new width, as terminals do. */
  narrowTo(columns: number): void {
    this.columns = columns;
    const above = this.#lines.slice(0, this.#row);
    this.#lines = this.#lines.flatMap((line) => line.match(new RegExp(`.{1,${columns}}`, "g")) ?? [""]);
    this.#row = above.reduce((sum, line) => sum + Math.max(1, Math.ceil(line.length / columns)), 0);
  }

  #take(part: string): void {
    const up = /^\x1b\[(\d+)A$/.exec(part);
    if (up) this.#row = Math.max(0, this.#row - Number(up[1]));
    else if (part === "\x1b[K") this.#lines[this.#row] = this.#lines[this.#row]!.slice(0, this.#column);
    else if (part === "\x1b[J")
      this.#lines = [...this.#lines.slice(0, this.#row), this.#lines[this.#row]!.slice(0, this.#column)];
    else if (part === "\r") this.#column = 0;
    else if (part === "\n") this.#newLine();
    else if (!part.startsWith("\x1b")) this.#put(part);
  }

  #newLine(): void {
    this.#row += 1;
    this.#column = 0;
    this.#lines[this.#row] ??= "";
  }

  #put(character: string): void {
    const line = this.#lines[this.#row]!.padEnd(this.#column);
    this.#lines[this.#row] = line.slice(0, this.#column) + character + line.slice(this.#column + 1);
    this.#column += 1;
  }
}

test("a block is drawn over the one before, whatever their heights, and nothing above is touched", () => {
  const terminal = new FakeTerminal();
  terminal.out("$ bioagent watch x\n");
  const screen = openScreen(terminal);
  screen.draw(["one", "two two", "three"]);
  screen.draw(["1", "2", "3", "4"]);
  assert.equal(terminal.text, "$ bioagent watch x\n1\n2\n3\n4");
  screen.draw(["a"]);
  assert.equal(terminal.text, "$ bioagent watch x\na");
  screen.close();
});

test("what is printed stays above the block", () => {
  const terminal = new FakeTerminal();
  const screen = openScreen(terminal);
  screen.draw(["block 1", "block 2"]);
  screen.print("a notice\nof two lines\n");
  screen.draw(["block 3"]);
  screen.print("a warning");
  assert.equal(terminal.text, "a notice\nof two lines\na warning\nblock 3");
  screen.close();
});

test("a terminal that became narrower is drawn over all the same", () => {
  const terminal = new FakeTerminal();
  terminal.out("before\n");
  const screen = openScreen(terminal);
  screen.draw(["x".repeat(39), "y".repeat(30)]);
  terminal.narrowTo(20);
  screen.draw(["short", "lines"]);
  assert.equal(terminal.text, "before\nshort\nlines");
  screen.close();
});

test("the cursor is hidden meanwhile, and comes back once", () => {
  const terminal = new FakeTerminal();
  const listeners = process.listenerCount("exit");
  const screen = openScreen(terminal);
  screen.draw(["x"]);
  assert.equal(process.listenerCount("exit"), listeners + 1);
  screen.close();
  screen.close();
  const written = terminal.written.join("");
  assert.equal(written.split("\x1b[?25l").length, 2);
  assert.ok(written.endsWith("\x1b[?25h"));
  assert.equal(process.listenerCount("exit"), listeners);
});

test("each change is one write, so that nothing flickers", () => {
  const terminal = new FakeTerminal();
  const screen = openScreen(terminal);
  const before = terminal.written.length;
  screen.draw(["a", "b", "c"]);
  screen.draw(["a", "b", "d"]);
  assert.equal(terminal.written.length - before, 2);
  assert.doesNotMatch(terminal.written.join(""), /\x1b\[2J/);
  screen.close();
});
