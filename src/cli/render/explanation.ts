import { type Paint, statusStyle } from "./paint.ts";
import { oneLine } from "./width.ts";

/** What a foreign document says of an attempt, and what the rules would do. */
export interface Explanation {
  /** In attempt words; null where the document does not say. */
  readonly state: string | null;
  readonly class: string | null;
  readonly exit_code: number | null;
  readonly waiting: { readonly reason: string; readonly detail?: string | undefined } | string | null;
  readonly evidence: readonly { readonly source: string; readonly text: string }[];
  readonly reasoning: string;
  readonly action: string | null;
}

export function renderExplanation(it: Explanation, paint: Paint): string[] {
  const waiting = typeof it.waiting === "string" || it.waiting === null ? it.waiting : it.waiting.reason;
  const facts: [string, string | null][] = [
    ["State", it.state === null ? "not said" : paint(statusStyle(it.state), it.state)],
    ["Class", it.class],
    ["Exit code", it.exit_code === null ? null : String(it.exit_code)],
    ["Waiting", waiting],
    ...it.evidence.map(({ source, text }): [string, string] => [`Seen`, `(${source}) ${oneLine(text)}`]),
    ["Action", it.action],
    ["Why", oneLine(it.reasoning)],
  ];
  return facts.flatMap(([title, value]) =>
    value === null ? [] : [`${paint("dim", title.padEnd(10))} ${value}`],
  );
}
