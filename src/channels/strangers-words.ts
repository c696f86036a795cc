import { cutText, flatten } from "../core/message.ts";

/** What a provider says, fit to stand in quotes in a reason: one line, nothing that acts on a terminal, not long. */
export const strangersWords = (text: string, maxChars = 140): string =>
  cutText(flatten(text).replaceAll('"', "'").replace(/\s+/g, " ").trim(), maxChars);
