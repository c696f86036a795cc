/** Where a text stops being JSON, and how Google's parser calls that. */
export interface JsonMistake {
  readonly at: number;
  readonly what: string;
}

/** As deep as protobuf's parsers go. */
const MAX_DEPTH = 100;

/** The first mistake of a text that is no JSON. `JSON.parse` names the place for some mistakes only. */
export function jsonMistake(text: string): JsonMistake {
  const scanner = new JsonScanner(text);
  try {
    scanner.whole();
  } catch (mistake) {
    if (mistake instanceof Mistake) return mistake;
    throw mistake;
  }
  return { at: text.length, what: "Unexpected end of string." };
}

class Mistake extends Error implements JsonMistake {
  readonly at: number;
  readonly what: string;
  constructor(at: number, what: string) {
    super(what);
    this.at = at;
    this.what = what;
  }
}

class JsonScanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  whole(): void {
    this.#value(0);
    this.#take(/\s*/y);
    if (this.#at < this.#text.length) throw this.#mistake("Parsing terminated before end of input.");
  }

  #value(depth: number): void {
    if (depth > MAX_DEPTH) throw this.#mistake("Message too deep. Max recursion depth reached.");
    this.#take(/\s*/y);
    if (this.#take(/\{/y)) this.#list(/\}/y, () => this.#entry(depth + 1), "key:value pair");
    else if (this.#take(/\[/y)) this.#list(/\]/y, () => this.#value(depth + 1), "array value");
    else if (!this.#take(/"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/sy)) {
      throw this.#mistake("Expected a value.");
    }
  }

  #entry(depth: number): void {
    this.#take(/\s*/y);
    if (!this.#take(/"(?:[^"\\]|\\.)*"/sy)) throw this.#mistake("Expected an object key or }.");
    if (!this.#take(/\s*:/y)) throw this.#mistake("Expected : between key:value pair.");
    this.#value(depth);
  }

  #list(end: RegExp, one: () => void, what: string): void {
    this.#take(/\s*/y);
    if (this.#take(end)) return;
    do one();
    while (this.#take(/\s*,/y));
    this.#take(/\s*/y);
    if (!this.#take(end)) throw this.#mistake(`Expected , or ${end.source.at(-1)} after ${what}.`);
  }

  #take(pattern: RegExp): boolean {
    pattern.lastIndex = this.#at;
    if (!pattern.test(this.#text)) return false;
    this.#at = pattern.lastIndex;
    return true;
  }

  #mistake(expected: string): Mistake {
    const isAtEnd = this.#text.slice(this.#at).trim() === "";
    return new Mistake(this.#at, isAtEnd ? `Unexpected end of string. ${expected}` : expected);
  }
}
