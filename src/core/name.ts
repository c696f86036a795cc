import { WORDS } from "./words.ts";

/** Four different words, easy to say and to remember: `castle-river-mountain-forest`. `random` gives numbers in [0, 1). */
export function memorableName(random: () => number): string {
  const left = [...WORDS];
  const chosen = Array.from({ length: 4 }, () => left.splice(Math.floor(random() * left.length), 1)[0]!);
  return chosen.join("-");
}
