import { RE2JS, RE2JSException } from "re2js";
import type { Patterns } from "../ports.ts";

/** Log tails are kept to this many characters; of a longer text the end is searched, where errors stand. */
const MOST_TEXT = 64 * 1024;
/** Search time is text x program: a counted repetition can make a short pattern into a huge program. */
const MOST_INSTRUCTIONS = 2000;
const MOST_CACHED = 1000;

type Compiled =
  | { readonly kind: "pattern"; readonly pattern: RE2JS }
  | { readonly kind: "refused"; readonly reason: string };

/** Why this is no pattern of ours (RE2 syntax, bounded size), or null. */
export function patternProblem(pattern: string): string | null {
  const compiled = compile(pattern);
  return compiled.kind === "refused" ? compiled.reason : null;
}

/**
 * Searches users' patterns in linear time, line by line: `^` and `$` are the ends of a line. A pattern that is none,
 * which validation refuses long before, matches nothing here.
 */
export function createPatterns(): Patterns {
  const cache = new Map<string, Compiled>();
  const cached = (pattern: string): Compiled => {
    const known = cache.get(pattern);
    if (known) return known;
    if (cache.size >= MOST_CACHED) cache.clear();
    const compiled = compile(pattern);
    cache.set(pattern, compiled);
    return compiled;
  };
  return {
    matching(patterns, text) {
      const searched = text.length > MOST_TEXT ? text.slice(-MOST_TEXT) : text;
      return patterns.filter((pattern) => found(cached(pattern), searched));
    },
  };
}

const found = (compiled: Compiled, text: string): boolean =>
  compiled.kind === "pattern" && compiled.pattern.matcher(text).find();

function compile(pattern: string): Compiled {
  try {
    const compiled = RE2JS.compile(pattern, RE2JS.MULTILINE);
    const size = compiled.programSize();
    if (size <= MOST_INSTRUCTIONS) return { kind: "pattern", pattern: compiled };
    return {
      kind: "refused",
      reason: `its repetitions make it too big (${size} instructions; at most ${MOST_INSTRUCTIONS})`,
    };
  } catch (error) {
    return { kind: "refused", reason: reasonOf(error) };
  }
}

/** RE2's own words, without the flag that we put in front. */
function reasonOf(error: unknown): string {
  if (!(error instanceof RE2JSException)) return "RE2 cannot read it";
  return error.message.replace(/^error parsing regexp: /, "").replace("(?m)", "");
}
