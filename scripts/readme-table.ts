/**
 * Tables of the documents that are made from the code: `node scripts/readme-table.ts` writes them between their markers,
 * `<!-- table: NAME -->` and `<!-- end -->`; test/docs/tables.test.ts fails when one is out of date.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Command } from "commander";
import { createProgram } from "../src/cli/program.ts";
import { configTable } from "../src/config.ts";
import { presetRules } from "../src/core/default-rules.ts";
import type { Rule, RuleCondition } from "../src/core/rule.ts";
import { ROUTES } from "../src/http/api.ts";

const root = dirname(import.meta.dirname);

/** Documents that hold tables, as paths from the root. */
export const DOCUMENTS = ["README.md", "docs/cli.md", "docs/pipelines.md", "docs/http.md"] as const;

const TABLES: Readonly<Record<string, () => string>> = {
  config: configTable,
  commands: () =>
    table(
      ["Command", "What it does"],
      commands().map((command) => [code(command.name()), command.summary() || command.description()]),
    ),
  help: () => commands().map(helpSection).join("\n"),
  rules: () =>
    table(
      ["", "Rule", "When", "Do", "Retries", "Then"],
      presetRules("default").map((rule, at) => ruleRow(rule, at)),
    ),
  routes: () =>
    table(
      ["Route", "What it does"],
      ROUTES.map(({ method, path, summary }) => [code(`${method} ${path}`), summary]),
    ),
};

const MARKED = /<!-- table: (\w+) -->\n[\s\S]*?<!-- end -->/g;

/** The document with every table in it as it should be. */
export const withTables = (text: string): string =>
  text.replace(MARKED, (_, name: string) => {
    const make = TABLES[name];
    if (!make) throw new Error(`there is no table ${name}; there are ${Object.keys(TABLES).join(", ")}`);
    return `<!-- table: ${name} -->\n\n${make().trimEnd()}\n\n<!-- end -->`;
  });

/** Names of the tables that a document shows. */
export const tablesIn = (text: string): string[] => [...text.matchAll(MARKED)].map((match) => match[1]!);

export const TABLE_NAMES: readonly string[] = Object.keys(TABLES);

const code = (text: string): string => `\`${text}\``;

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [
    heads,
    heads.map(() => "---"),
    ...rows.map((row) => row.map((cell) => cell.replaceAll("|", "\\|"))),
  ];
  return lines.map((cells) => `| ${cells.join(" | ")} |\n`).join("");
}

/** Every command that a person may type, in the order of the help. */
export function commands(): readonly Command[] {
  const terminal = {
    out: () => {},
    err: () => {},
    interactive: false,
    size: () => ({ columns: 100, rows: 24 }),
    onResize: () => () => {},
  };
  return createProgram({ version: "0.0.0", terminal, bind: () => async () => {} }).commands;
}

/** The help of a command and of those below it, without the options that all of them take. */
function helpSection(command: Command): string {
  const own = `### ${command.name()}\n\n\`\`\`text\n${ownHelp(command)}\n\`\`\`\n`;
  const below = command.commands.map((each) => `\`\`\`text\n${ownHelp(each)}\n\`\`\`\n`);
  return [own, ...below].join("\n");
}

function ownHelp(command: Command): string {
  let text = "";
  command.configureOutput({
    writeOut: (part) => {
      text += part;
    },
  });
  command.outputHelp();
  return text.replace(/Global Options:\n(?: .*\n)*\n?/, "").trimEnd();
}

function ruleRow(rule: Rule, at: number): string[] {
  const free = rule.free === undefined ? "" : ` (+${rule.free} that never ran)`;
  return [
    String(at + 1),
    code(rule.name),
    sayCondition(rule.when),
    sayAction(rule),
    rule.times === undefined ? "" : `${rule.times}${free}`,
    rule.then ?? "",
  ];
}

const sayCondition = (when: RuleCondition): string =>
  Object.entries(when)
    .map(([name, value]) => `${name}: ${code(Array.isArray(value) ? value.join(", ") : String(value))}`)
    .join("; ");

function sayAction({ do: action, scale, set, backoff, within_time }: Rule): string {
  const more = [
    ...Object.entries(scale ?? {}).map(([name, factor]) => `${name} x${factor}`),
    ...Object.entries(set ?? {}).map(([name, value]) => `${name}: ${String(value)}`),
    ...(backoff === undefined ? [] : [`after ${backoff}, doubling`]),
    ...(within_time ? ["while the time lost is less than the step's `time`"] : []),
  ];
  return more.length === 0 ? action : `${action}, ${more.join(", ")}`;
}

if (import.meta.main) {
  for (const document of DOCUMENTS) {
    const path = join(root, document);
    const text = readFileSync(path, "utf8");
    const wanted = withTables(text);
    if (wanted !== text) {
      writeFileSync(path, wanted);
      console.log(`${document}: tables written`);
    }
  }
}
