/** `fields=items(name,size),nextPageToken`: which parts of an answer somebody wants. */
type Mask = Map<string, Mask | null>;

/** The answer with nothing in it but what the mask names; without a mask, all of it. */
export function selectFields(answer: unknown, fields: string | null): unknown {
  return fields === null || fields === "" || fields === "*" ? answer : pick(answer, parse(fields));
}

function pick(value: unknown, mask: Mask): unknown {
  if (Array.isArray(value)) return value.map((item) => pick(item, mask));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) => {
      const wanted = mask.has(key) ? mask.get(key) : mask.get("*");
      if (wanted === undefined) return [];
      return [[key, wanted === null ? inner : pick(inner, wanted)]];
    }),
  );
}

function parse(text: string): Mask {
  const tokens = text.match(/[^,()/\s]+|[,()/]/g) ?? [];
  let at = 0;
  const list = (): Mask => {
    const mask: Mask = new Map();
    while (at < tokens.length && tokens[at] !== ")") {
      if (tokens[at] === ",") at += 1;
      else path(mask);
    }
    return mask;
  };
  const path = (mask: Mask): void => {
    const name = tokens[at++]!;
    if (tokens[at] === "/") {
      at += 1;
      const inner: Mask = mask.get(name) ?? new Map();
      path(inner);
      mask.set(name, inner);
    } else if (tokens[at] === "(") {
      at += 1;
      mask.set(name, new Map([...(mask.get(name) ?? []), ...list()]));
      at += 1;
    } else mask.set(name, null);
  };
  return list();
}
