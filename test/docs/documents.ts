/** The project's Markdown, as the tests of the documents see it. */
import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

export const ROOT = dirname(dirname(import.meta.dirname));

export interface Document {
  /** From the root, `docs/cli.md`. */
  readonly path: string;
  readonly text: string;
}

export const documentAt = (path: string): Document => ({
  path,
  text: readFileSync(join(ROOT, path), "utf8"),
});

/** Every document that people read. */
export const DOCUMENTS: readonly Document[] = globSync(["*.md", "docs/**/*.md"], { cwd: ROOT })
  .sort()
  .map(documentAt);

export interface Fence {
  readonly document: string;
  /** Line of the opening fence, from 1. */
  readonly line: number;
  readonly language: string;
  /** What stands after the language: `hello.yaml`, `run`. */
  readonly info: string;
  readonly text: string;
}

const OPENING = /^( *)```(\w*) *(.*)$/;

/** The fenced blocks of a document, without the indentation of their fence. */
export function fencesOf({ path, text }: Document): Fence[] {
  const fences: Fence[] = [];
  let open: { line: number; indent: string; language: string; info: string; lines: string[] } | null = null;
  for (const [at, line] of text.split("\n").entries()) {
    if (open && line.trim() === "```") {
      const { lines, line: from, language, info } = open;
      fences.push({ document: path, line: from, language, info, text: `${lines.join("\n")}\n` });
      open = null;
    } else if (open) {
      open.lines.push(line.startsWith(open.indent) ? line.slice(open.indent.length) : line);
    } else {
      const found = OPENING.exec(line);
      if (found) open = { line: at + 1, indent: found[1]!, language: found[2]!, info: found[3]!, lines: [] };
    }
  }
  if (open) throw new Error(`${path}:${open.line}: the block is never closed`);
  return fences;
}

export const FENCES: readonly Fence[] = DOCUMENTS.flatMap(fencesOf);

export const placeOf = ({ document, line }: Fence): string => `${document}:${line}`;

/** The document without its fenced blocks: what GitHub shows as prose. */
export const proseOf = ({ text }: Document): string => text.replace(/^ *```[\s\S]*?^ *```$/gm, "");
