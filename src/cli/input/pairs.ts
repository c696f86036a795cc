import type { Params } from "../../core/pipeline.ts";

export interface Pairs<T> {
  readonly values: Readonly<Record<string, T>>;
  readonly problems: readonly string[];
}

/** `--label K=V` as given, several times. */
export function readPairs(option: string, texts: readonly string[]): Pairs<string> {
  const values: Record<string, string> = Object.create(null);
  const problems: string[] = [];
  for (const text of texts) {
    const at = text.indexOf("=");
    const key = text.slice(0, Math.max(at, 0));
    if (key === "") problems.push(`${option} ${text}: write ${option} NAME=VALUE`);
    else if (key in values) problems.push(`${option} ${key} is given twice`);
    else values[key] = text.slice(at + 1);
  }
  return { values: { ...values }, problems };
}

/** `--param K=V`, each as the type that the pipeline's own value has. An undeclared one is left to the start, which names it. */
export function readParams(texts: readonly string[], declared: Params): Pairs<string | number | boolean> {
  const { values, problems } = readPairs("--param", texts);
  const found: [string, string | number | boolean][] = [];
  const wrong = [...problems];
  for (const [name, text] of Object.entries(values)) {
    const like = Object.hasOwn(declared, name) ? declared[name] : text;
    const value = parseLike(text, typeof like);
    if (value === null) wrong.push(`--param ${name}: ${JSON.stringify(text)} is no ${WORDS[typeof like]}`);
    else found.push([name, value]);
  }
  return { values: Object.fromEntries(found), problems: wrong };
}

const WORDS: Readonly<Record<string, string>> = { number: "number", boolean: "truth value: true or false" };

function parseLike(text: string, type: string): string | number | boolean | null {
  if (type === "number") {
    const value = Number(text);
    return text.trim() === "" || !Number.isFinite(value) ? null : value;
  }
  if (type === "boolean") return text === "true" ? true : text === "false" ? false : null;
  return text;
}
