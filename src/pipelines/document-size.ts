import { Lexer } from "yaml";

/** 1 MiB. */
export const MOST_DOCUMENT_BYTES = 2 ** 20;
const MOST_TOKENS = 200_000;
const DEEPEST_FLOW = 100;

/**
 * Why a text is refused before it is parsed, or null. The parser recurses, and some small texts cost it seconds;
 * its lexer does not, so counting tokens first keeps every refusal cheap.
 */
export function documentTooComplex(text: string): string | null {
  const bytes = Buffer.byteLength(text);
  if (bytes > MOST_DOCUMENT_BYTES) {
    return `the text has ${Math.ceil(bytes / 2 ** 20)} MiB; at most 1 MiB is read`;
  }
  let depth = 0;
  let tokens = 0;
  for (const token of new Lexer().lex(text)) {
    if (token === "[" || token === "{") depth++;
    if (token === "]" || token === "}") depth--;
    if (depth > DEEPEST_FLOW) return `brackets are nested more than ${DEEPEST_FLOW} levels deep`;
    if (++tokens > MOST_TOKENS)
      return `the text has more than ${MOST_TOKENS} tokens of YAML; no pipeline needs so many`;
  }
  return null;
}
