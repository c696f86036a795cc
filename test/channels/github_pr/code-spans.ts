/** What of one line of Markdown is code, and what is around it, by the rules of CommonMark: a run of backticks opens, an equal one closes. */
export function codeSpans(line: string): { readonly outside: string; readonly inside: string[] } {
  const inside: string[] = [];
  let outside = "";
  for (let at = 0; at < line.length; ) {
    const run = /^`+/.exec(line.slice(at))?.[0];
    if (!run) {
      outside += line[at++];
      continue;
    }
    const close = [...line.slice(at + run.length).matchAll(/`+/g)].find(([found]) => found === run);
    if (!close) {
      outside += run;
      at += run.length;
      continue;
    }
    inside.push(trimmed(line.slice(at + run.length, at + run.length + close.index)));
    at += 2 * run.length + close.index;
  }
  return { outside, inside };
}

/** One space of each side is no part of the code, unless there is nothing else. */
const trimmed = (text: string): string =>
  /^ .* $/.test(text) && text.trim() !== "" ? text.slice(1, -1) : text;

/** The text outside of code spans and of blocks of code, and outside of our own comments. */
export const outsideCode = (markdown: string): string =>
  markdown
    .split("\n")
    .filter((line) => !line.startsWith("    ") && !/^<!-- bioagent:\S+ -->\r?$/.test(line))
    .map((line) => codeSpans(line).outside.replaceAll("&#124;", ""))
    .join("\n");
