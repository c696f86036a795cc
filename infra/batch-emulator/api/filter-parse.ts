import { fieldIsInvalid } from "../validate/violation.ts";

export type Operator = "=" | "!=" | "<" | "<=" | ">" | ">=" | ":";

export interface Comparison {
  readonly kind: "compare";
  /** At least one segment; quoted ones unquoted. */
  readonly path: readonly string[];
  readonly operator: Operator;
  readonly value: string;
}

export type FilterNode =
  | { readonly kind: "and" | "or"; readonly of: readonly FilterNode[] }
  | { readonly kind: "not"; readonly of: FilterNode }
  | Comparison;

/** Reads a filter (https://google.aip.dev/160); null when it is empty. Throws INVALID_ARGUMENT with the place of the mistake. */
export function parseFilter(text: string): FilterNode | null {
  const parser = new FilterParser(text);
  return parser.isAtEnd() ? null : parser.whole();
}

class FilterParser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  isAtEnd(): boolean {
    this.#take(/\s*/y);
    return this.#at >= this.#text.length;
  }

  whole(): FilterNode {
    const node = this.#expression();
    if (!this.isAtEnd()) throw this.#mistake("expected AND, OR or the end");
    return node;
  }

  /** AND, or nothing between two terms, joins what OR joined before: in AIP-160 OR binds tighter. */
  #expression(): FilterNode {
    const factors = [this.#factor()];
    while (!this.isAtEnd() && !this.#sees(/\)/y) && !this.#sees(/OR\b/y)) {
      this.#take(/AND(?=[\s(-])/y);
      factors.push(this.#factor());
    }
    return factors.length === 1 ? factors[0]! : { kind: "and", of: factors };
  }

  #factor(): FilterNode {
    const terms = [this.#term()];
    while (!this.isAtEnd() && this.#take(/OR(?=[\s(-])/y)) terms.push(this.#term());
    return terms.length === 1 ? terms[0]! : { kind: "or", of: terms };
  }

  #term(): FilterNode {
    this.#take(/\s*/y);
    if (this.#take(/NOT(?=[\s(])|-/y)) return { kind: "not", of: this.#term() };
    if (!this.#take(/\(/y)) return this.#comparison();
    const node = this.#expression();
    this.#take(/\s*/y);
    if (!this.#take(/\)/y)) throw this.#mistake("expected )");
    return node;
  }

  #comparison(): Comparison {
    const path = [this.#segment()];
    while (this.#take(/\./y)) path.push(this.#segment());
    this.#take(/\s*/y);
    const operator = this.#take(/!=|<=|>=|[=<>:]/y);
    if (!operator) throw this.#mistake("expected one of = != < <= > >= :");
    this.#take(/\s*/y);
    return { kind: "compare", path, operator: operator as Operator, value: this.#value() };
  }

  #segment(): string {
    const segment = this.#quoted() ?? this.#take(/[\w-]+/y);
    if (segment === null) throw this.#mistake("expected the name of a field");
    return segment;
  }

  #value(): string {
    const value = this.#quoted() ?? this.#take(/[^\s()"']+/y);
    if (value === null) throw this.#mistake("expected a value");
    return value;
  }

  #quoted(): string | null {
    const text = this.#take(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/sy);
    return text === null ? null : text.slice(1, -1).replace(/\\(.)/gs, "$1");
  }

  #sees(pattern: RegExp): boolean {
    pattern.lastIndex = this.#at;
    return pattern.test(this.#text);
  }

  #take(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (!match) return null;
    this.#at = pattern.lastIndex;
    return match[0];
  }

  #mistake(what: string): Error {
    return fieldIsInvalid("filter", `${what} at position ${this.#at} of ${JSON.stringify(this.#text)}`);
  }
}
