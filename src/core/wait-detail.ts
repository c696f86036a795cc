import type { Waiting } from "./run.ts";

/** What is said of a wait now; since when it lasts is known to the job alone. */
export type WaitingNow = Pick<Waiting, "reason" | "detail">;

/**
 * The same wait with what is said of it now: `before` itself while that means the same, so that a detail that only counts
 * on (a usage, a time, the name of the machine that was tried) is not written with every pass.
 */
export function retold(before: Waiting, { detail }: WaitingNow): Waiting {
  if (!detail || meaning(detail) === meaning(before.detail ?? "")) return before;
  return { ...before, detail };
}

const INSTANT = /\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?/g;
/** A number with its unit, an address, or a time of day; not the number that says what came back, as in `HTTP 503`. */
const NUMBER =
  /(?<!\b(?:code|status|HTTP(?:\/\d(?:\.\d)?)?)[ :=]{0,2})(?<![\w-])\d+(?:[.,:]\d+)*(?: ?(?:[nmuµ]?s|min|[hd%]|[KMGT]?i?B|bytes|seconds|minutes|hours|days))?(?![\w-])/g;
const WORD = /[\w-]+/g;

/** The text without what differs between two tellings of one thing. Names keep their digits: `N2_CPUS`, `us-east1-b`. */
const meaning = (text: string): string =>
  text
    .replace(INSTANT, "#")
    .replace(NUMBER, "#")
    .replace(WORD, (word) => (isDrawn(word) ? "#" : word));

/** A word made for one occasion: an id of a request, a job or a machine has at least 6 hexadecimal digits on end, one of them a digit. */
const isDrawn = (word: string): boolean =>
  word.split(/[-_]/).some((part) => /^[0-9a-f]{6,}$/i.test(part) && /\d/.test(part));
