import type { Explanation } from "../../app/explain.ts";
import { type Paint, statusStyle } from "./paint.ts";
import { oneLine } from "./width.ts";

/** What a document says of an attempt, and what the rules would do, for people. */
export function renderExplanation(it: Explanation, paint: Paint): string[] {
  const facts: [string, string | null][] = [
    ["State", it.state === null ? "not said" : paint(statusStyle(it.state), it.state)],
    ["Class", it.class],
    ["Exit code", it.exit_code === null ? null : String(it.exit_code)],
    ["Waiting", it.waiting === null ? null : `${it.waiting.reason} (${oneLine(it.waiting.detail)})`],
    ...it.evidence.map(({ source, text }): [string, string] => ["Seen", `(${source}) ${oneLine(text)}`]),
    ["Action", it.action],
    ["Why", oneLine(it.reasoning)],
  ];
  return facts.flatMap(([title, value]) =>
    value === null ? [] : [`${paint("dim", title.padEnd(10))} ${value}`],
  );
}
