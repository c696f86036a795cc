import type { Answer } from "./connection.ts";

/** GitHub's own words: its message, and the messages or fields of its errors. Empty when it is not GitHub that speaks. */
export function saysOf(answer: Answer): string {
  if (answer.kind !== "answer" || typeof answer.data !== "object" || answer.data === null) return "";
  const message =
    "message" in answer.data && typeof answer.data.message === "string" ? answer.data.message : "";
  const errors = "errors" in answer.data && Array.isArray(answer.data.errors) ? answer.data.errors : [];
  return [message, ...errors.map(sayError)].filter(Boolean).join(": ");
}

function sayError(error: unknown): string {
  if (typeof error === "string") return error;
  if (typeof error !== "object" || error === null) return "";
  return "message" in error && typeof error.message === "string" ? error.message : JSON.stringify(error);
}

/** There is one of this name already. */
export const isTaken = (answer: Answer): boolean => /already exists/i.test(saysOf(answer));

/** A 409 or 422 that no second look cures: a rule of the repository, or a form that GitHub does not like. */
export const isForGood = (answer: Answer): boolean =>
  /rule violation|protected branch|through a pull request|path (?:cannot|contains|is)|malformed|too large|required status/i.test(
    saysOf(answer),
  );
