import { type Alias, isAlias, isMap, isScalar, isSeq, type Node, type ParsedNode, type YAMLMap } from "yaml";

type Path = readonly (string | number)[];

export interface StructureProblem {
  readonly path: Path;
  readonly message: string;
  /** Where it stands, in characters from the start. */
  readonly offset: number;
  /** The values that were read are not what was written: nothing more is worth saying. */
  readonly fatal: boolean;
}

/** What the tree of a document says beside its values. */
export interface Structure {
  readonly problems: readonly StructureProblem[];
  /** What each alias stands for. */
  readonly targets: ReadonlyMap<Alias, Node>;
}

const DEEPEST = 100;

/**
 * Walks a document once, not following aliases: keys that are there twice (the parser's own check is quadratic), merge
 * keys, keys that are no text, aliases without an anchor, and nesting that no reader of ours needs.
 */
export function readStructure(root: Node | null): Structure {
  const walk = new Walk();
  if (root) walk.visit(root, []);
  return { problems: walk.problems, targets: walk.targets };
}

const offsetOf = (node: Node): number => node.range?.[0] ?? 0;

class Walk {
  readonly problems: StructureProblem[] = [];
  readonly targets = new Map<Alias, Node>();
  readonly #anchors = new Map<string, Node>();
  readonly #open = new Set<Node>();

  visit(node: Node, path: Path): void {
    if (isAlias(node)) return this.#alias(node, path);
    if (node.anchor) this.#anchors.set(node.anchor, node);
    if (path.length >= DEEPEST && !isScalar(node)) {
      return this.#add(path.slice(0, 3), `nested more than ${DEEPEST} levels deep`, node);
    }
    this.#open.add(node);
    if (isMap(node)) this.#map(node, path);
    if (isSeq(node)) {
      node.items.forEach((item, at) => {
        this.visit(item as ParsedNode, [...path, at]);
      });
    }
    this.#open.delete(node);
  }

  #alias(alias: Alias, path: Path): void {
    const target = this.#anchors.get(alias.source);
    if (!target)
      return this.#add(
        path,
        `*${alias.source} stands for nothing: there is no &${alias.source} before it`,
        alias,
      );
    if (this.#open.has(target)) return this.#add(path, `*${alias.source} contains itself`, alias);
    this.targets.set(alias, target);
  }

  #map(map: YAMLMap, path: Path): void {
    const first = new Set<string>();
    for (const { key, value } of map.items as { key: ParsedNode; value: ParsedNode | null }[]) {
      const name = keyText(key);
      if (name === null) this.#add(path, "a key must be a plain text", key ?? map);
      else if (name === "<<") this.#add([...path, name], MERGE, key, false);
      else if (name === "__proto__") this.#add([...path, name], "this name is reserved", key, false);
      else if (first.has(name))
        this.#add([...path, name], `${JSON.stringify(name)} is there twice`, key, false);
      if (name !== null) first.add(name);
      if (key?.anchor) this.#anchors.set(key.anchor, key);
      if (value) this.visit(value, [...path, name ?? "?"]);
    }
  }

  #add(path: Path, message: string, node: Node, fatal = true): void {
    this.problems.push({ path, message, offset: offsetOf(node), fatal });
  }
}

const MERGE =
  "merge keys (<<) are no part of YAML 1.2: write the fields out, or use one alias for the whole mapping";

/** A mapping's key as text; null when it is a list, a mapping, an alias or empty. */
export function keyText(key: unknown): string | null {
  if (!isScalar(key) || key.value === null) return null;
  return String(key.value);
}
