import { maskIsInvalid } from "./invalid.ts";

/** The names that a mask asks for, each with what it asks for below; null: all of it. */
export type Mask = Map<string, Mask | null>;

/**
 * `jobs(name,status.state),nextPageToken`: paths by comma, steps by `.` or `/`, several below one step in parentheses, `*` for
 * every field. The syntax of https://developers.google.com/checks/guide/api/field-masks, and the slash of the older guides
 * (https://developers.google.com/drive/api/guides/performance#partial-response). Throws INVALID_ARGUMENT.
 */
export function parseMask(text: string): Mask {
  const reader = new MaskReader(text);
  const mask = reader.list();
  if (!reader.atEnd()) throw reader.unexpected();
  return mask;
}

class MaskReader {
  readonly #text: string;
  /** Words, and the marks between them. */
  readonly #parts: readonly string[];
  #at = 0;

  constructor(text: string) {
    this.#text = text;
    this.#parts = text.match(/[\w@*-]+|[^\s\w@*-]/g) ?? [];
  }

  atEnd(): boolean {
    return this.#at >= this.#parts.length;
  }

  list(): Mask {
    const mask: Mask = new Map();
    do this.#path(mask);
    while (this.#take(","));
    return mask;
  }

  #path(into: Mask): void {
    const name = this.#name();
    if (this.#take("(")) return this.#below(into, name);
    if (!this.#take(".", "/")) return void into.set(name, null);
    if (this.#take("(")) return this.#below(into, name);
    this.#path(openBelow(into, name));
  }

  /** What stands in parentheses. */
  #below(into: Mask, name: string): void {
    const below = openBelow(into, name);
    for (const [inner, more] of this.list()) merge(below, inner, more);
    if (!this.#take(")")) throw this.unexpected();
  }

  #name(): string {
    const part = this.#parts[this.#at] ?? "";
    if (!/^(?:\*|[\w@-]+)$/.test(part)) throw this.unexpected();
    this.#at += 1;
    return part;
  }

  #take(...marks: readonly string[]): boolean {
    const found = marks.includes(this.#parts[this.#at] ?? "");
    if (found) this.#at += 1;
    return found;
  }

  /** The words are ours: what Google says of a mask that it cannot read was not found. */
  unexpected(): Error {
    const part = this.#parts[this.#at];
    const what = part === undefined ? "the end" : `'${part}'`;
    return maskIsInvalid([{ field: "fields", description: `Unexpected ${what} in '${this.#text}'.` }]);
  }
}

/** The mask below a name. Where all below it is wanted already, what more is said of it goes nowhere. */
function openBelow(into: Mask, name: string): Mask {
  const known = into.get(name);
  if (known) return known;
  const below: Mask = new Map();
  if (known === undefined) into.set(name, below);
  return below;
}

function merge(into: Mask, name: string, more: Mask | null): void {
  if (more === null) return void into.set(name, null);
  const below = openBelow(into, name);
  for (const [inner, deeper] of more) merge(below, inner, deeper);
}
