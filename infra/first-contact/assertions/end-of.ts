import { eventTexts, exitCodesOf, type Outcome, stateOf } from "../outcome.ts";

/** The code of the task, and the words around it. */
export function endOf(outcome: Outcome): { readonly codes: readonly number[]; readonly saw: string } {
  const codes = [...new Set(outcome.tasks.flatMap(exitCodesOf))];
  const text =
    outcome.tasks.flatMap(eventTexts).findLast((one) => /exit code/.test(one)) ??
    eventTexts(outcome.job).at(-1) ??
    "";
  const words = /due to (.*?) with exit code/.exec(text)?.[1];
  return {
    codes,
    saw: `${stateOf(outcome.job)}, ${codes.length > 0 ? `exit code ${codes.join(", ")}` : "no exit code"}${words ? ` (${words})` : ""}`,
  };
}
