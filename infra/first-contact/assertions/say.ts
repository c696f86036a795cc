import type { Answer } from "../http.ts";
import { short, textAt } from "../json.ts";

/** An answer that is an error, in a line: code, status, words. */
export const errorText = ({ status, body }: Answer): string =>
  short(`${status} ${textAt(body, "error.status")} ${textAt(body, "error.message")}`);

/** The same of an answer that may not be one. */
export const answerText = (answer: Answer | undefined): string => {
  if (answer === undefined) return "not asked";
  return answer.status < 300 ? "accepted" : errorText(answer);
};
