import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseAllDocuments,
} from "yaml";
import { documentTooComplex } from "./document-size.ts";
import { keyText, readStructure, type Structure } from "./document-structure.ts";
import { inOrder, type LocatedProblem, locatedProblem } from "./problem.ts";

type Path = readonly (string | number)[];

/** A YAML or JSON text, read, with the places of everything in it. */
export interface SourceDocument {
  readonly value: unknown;
  /** What is wrong with the text itself. */
  readonly problems: readonly LocatedProblem[];
  /** False when its values cannot be trusted at all: nothing more is worth saying. */
  readonly readable: boolean;
  /** Puts a message at the place of a value, or of its key; the nearest place when there is no such value. */
  locate(path: Path, message: string, at?: "value" | "key"): LocatedProblem;
  /** How a single value is spelt in the file; null for anything else. */
  spelling(path: Path): string | null;
}

const MOST_ALIASES = 50;
const START = { line: 1, column: 1 };

/** Reads one document of YAML 1.2 (core schema), of which JSON is a part. Never throws; bombs are refused before they unfold. */
export function readDocument(given: string): SourceDocument {
  const text = given.startsWith("\ufeff") ? given.slice(1) : given;
  const refusal = documentTooComplex(text);
  if (refusal !== null) return refused(refusal);
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, {
    version: "1.2",
    schema: "core",
    uniqueKeys: false,
    merge: false,
    prettyErrors: false,
    logLevel: "error",
    lineCounter: lines,
  }) as Document<Node>[];
  return new ParsedDocument(documents, lines);
}

const refused = (message: string): SourceDocument => ({
  value: null,
  problems: [locatedProblem([], message, START)],
  readable: false,
  locate: (path, text) => locatedProblem(path, text, START),
  spelling: () => null,
});

class ParsedDocument implements SourceDocument {
  readonly value: unknown;
  readonly problems: readonly LocatedProblem[];
  readonly readable: boolean;
  readonly #root: Node | null;
  readonly #lines: LineCounter;
  readonly #structure: Structure;
  readonly #pairs = new Map<Node, Map<string, { key: Node; value: Node | null }>>();

  constructor(documents: readonly Document<Node>[], lines: LineCounter) {
    this.#lines = lines;
    const document = documents[0];
    this.#root = document?.contents ?? null;
    const syntax = this.#syntaxProblems(documents);
    this.#structure = readStructure(syntax.length === 0 ? this.#root : null);
    const read = syntax.length === 0 && document ? unfold(document) : { value: null, problem: null };
    this.value = read.value;
    const fatal = this.#structure.problems.some((problem) => problem.fatal);
    this.readable = syntax.length === 0 && read.problem === null && !fatal;
    const structure = this.#structure.problems.map(({ path, message, offset }) =>
      locatedProblem(path, message, this.#place(offset)),
    );
    if (syntax.length > 0) this.problems = inOrder(syntax);
    else if (structure.length === 0 && read.problem !== null)
      this.problems = [locatedProblem([], read.problem, START)];
    else this.problems = inOrder(mergeKeysOnce(read.problem, structure));
  }

  locate(path: Path, message: string, at: "value" | "key" = "value"): LocatedProblem {
    return locatedProblem(path, message, this.#place(this.#offsetOf(path, at)));
  }

  spelling(path: Path): string | null {
    let node = this.#root;
    for (const part of path) node = this.#child(node, part)?.value ?? null;
    return isScalar(node) && typeof node.source === "string" ? node.source : null;
  }

  #syntaxProblems(documents: readonly Document<Node>[]): LocatedProblem[] {
    const problems = documents.flatMap((document) => [...document.errors, ...document.warnings]);
    const tooDeep = problems.find((problem) => problem.code === "RESOURCE_EXHAUSTION");
    if (tooDeep) return [locatedProblem([], "the text is nested too deeply to be read", START)];
    const located = problems.map((problem) =>
      locatedProblem([], sayYamlError(problem.code, problem.message), this.#place(problem.pos[0])),
    );
    const version = documents[0]?.directives?.yaml;
    if (version?.explicit && version.version !== "1.2") {
      located.push(
        locatedProblem([], `this is said to be YAML ${version.version}; only YAML 1.2 is read`, START),
      );
    }
    const second = documents[1];
    if (second) {
      const message = "a second document starts here (---): only one document is read from a file";
      located.push(locatedProblem([], message, this.#place(second.range?.[0] ?? 0)));
    }
    return located;
  }

  #offsetOf(path: Path, at: "value" | "key"): number {
    let node = this.#root;
    let offset = node?.range?.[0] ?? 0;
    for (const [depth, part] of path.entries()) {
      const child = this.#child(node, part);
      if (!child) return offset;
      const last = depth === path.length - 1;
      const empty = isScalar(child.value) && child.value.value === null && !child.value.source;
      const useKey = child.key && (child.value === null || empty || (last && at === "key"));
      const place = useKey ? child.key : child.value;
      offset = place?.range?.[0] ?? offset;
      node = child.value;
    }
    return offset;
  }

  #child(parent: Node | null, part: string | number): { key: Node | null; value: Node | null } | null {
    const node = isAlias(parent) ? (this.#structure.targets.get(parent) ?? null) : parent;
    if (isSeq(node)) {
      const item = typeof part === "number" ? node.items[part] : undefined;
      return item === undefined ? null : { key: null, value: item as Node };
    }
    return isMap(node) ? (this.#pairsOf(node).get(String(part)) ?? null) : null;
  }

  #pairsOf(map: Node): Map<string, { key: Node; value: Node | null }> {
    const known = this.#pairs.get(map);
    if (known) return known;
    const pairs = new Map<string, { key: Node; value: Node | null }>();
    for (const pair of isMap(map) ? map.items : []) {
      const name = keyText(pair.key);
      if (name !== null) pairs.set(name, pair as { key: Node; value: Node | null });
    }
    this.#pairs.set(map, pairs);
    return pairs;
  }

  #place(offset: number): { line: number; column: number } {
    const { line, col } = this.#lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  }
}

/** A bomb says one thing; merge keys, where there are many, are said once with their number. */
function mergeKeysOnce(bomb: string | null, structure: readonly LocatedProblem[]): LocatedProblem[] {
  if (bomb !== null && bomb !== UNREADABLE) return [locatedProblem([], bomb, START)];
  const merges = structure.filter((problem) => problem.path.endsWith('["<<"]') || problem.path === '["<<"]');
  const rest = structure.filter((problem) => !merges.includes(problem));
  const [first] = merges;
  if (!first) return rest;
  const times = merges.length > 1 ? ` (${merges.length} places)` : "";
  return [...rest, { ...first, message: first.message + times }];
}

const UNREADABLE = "the text cannot be read as one value";

function unfold(document: Document<Node>): { value: unknown; problem: string | null } {
  try {
    return { value: document.toJS({ maxAliasCount: MOST_ALIASES }) as unknown, problem: null };
  } catch (error) {
    const bomb = error instanceof Error && error.message.startsWith("Excessive alias count");
    const many = `too many aliases (*name): at most ${MOST_ALIASES} are unfolded, so that a small file cannot fill the memory`;
    return { value: null, problem: bomb ? many : UNREADABLE };
  }
}

const YAML_ERRORS: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: "a tab cannot indent YAML: use spaces",
  BLOCK_AS_IMPLICIT_KEY: 'a second "key: value" on one line; quote the text if it has ": " in it',
  MULTIPLE_ANCHORS: "a value can have one anchor (&name) only",
};

const sayYamlError = (code: string, message: string): string =>
  YAML_ERRORS[code] ?? `${message.charAt(0).toLowerCase()}${message.slice(1)}`;
