import { cutText, flatten } from "../../core/message.ts";

/**
 * Other people's text as code: GitHub makes no mention, link, reference, emoji or markup of it. A pipe would end a table's
 * cell, and how a backslash before it is read differs between renderers, so pipes stand between two pieces of code.
 */
export function code(text: string, maxChars = 500): string {
  const line = cutText(flatten(text).trim(), maxChars);
  return line === "" ? "–" : line.split("|").map(codeSpan).join("&#124;");
}

function codeSpan(text: string): string {
  if (text === "") return "";
  const longest = Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length));
  const fence = "`".repeat(longest + 1);
  // Of a span that begins and ends with a space one of each is taken off, unless there is nothing else in it.
  const pad = /^`|`$|^ .*[^ ].* $/.test(text) ? " " : "";
  return `${fence}${pad}${text}${pad}${fence}`;
}

/** Lines as a block of code, by indentation: no text can end it, and no marker in it stands at a line's beginning. */
export const codeBlock = (lines: readonly string[]): string => lines.map((line) => `    ${line}`).join("\n");

export const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");

export const checkbox = (done: boolean, text: string): string => `- [${done ? "x" : " "}] ${text}`;

/** For a title, where there is no markup to escape by: no mention, no reference, no code. */
export const titleText = (text: string, maxChars: number): string =>
  cutText(
    flatten(text)
      .replace(/[@#](?=\w)/g, "$&\u200b")
      .replaceAll("`", "'"),
    maxChars,
  );
