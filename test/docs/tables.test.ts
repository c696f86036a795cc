import assert from "node:assert/strict";
import { test } from "node:test";
import * as tables from "../../scripts/readme-table.ts";
import { NOTICE_STATUSES } from "../../src/core/notice.ts";
import { Pipeline, PRESETS, Step } from "../../src/core/pipeline.ts";
import { Rule, RuleCondition } from "../../src/core/rule.ts";
import { NOTICE_EVENTS } from "../../src/core/run.ts";
import * as status from "../../src/core/status.ts";
import { documentAt, fencesOf } from "./documents.ts";

for (const path of tables.DOCUMENTS) {
  test(`the tables of ${path} are as the code makes them`, () => {
    const { text } = documentAt(path);
    assert.ok(tables.tablesIn(text).length > 0, "its markers are gone");
    assert.equal(text, tables.withTables(text), `${path} is out of date: node scripts/readme-table.ts`);
  });
}

test("every table that is made from the code stands in a document", () => {
  const shown = tables.DOCUMENTS.flatMap((path) => tables.tablesIn(documentAt(path).text));
  assert.deepEqual([...shown].sort(), [...tables.TABLE_NAMES].sort());
});

test("docs/cli.md has a section for every command, and for none besides", () => {
  const sections = [...documentAt("docs/cli.md").text.matchAll(/^### ([\w-]+)$/gm)].map((match) => match[1]);
  assert.deepEqual(
    sections,
    tables.commands().map((command) => command.name()),
  );
});

const DRAWN: Readonly<Record<string, readonly string[]>> = {
  Run: status.RUN_STATUSES,
  Job: status.JOB_STATUSES,
  Attempt: status.ATTEMPT_STATUSES,
  Notice: NOTICE_STATUSES,
};

for (const [heading, statuses] of Object.entries(DRAWN)) {
  test(`the drawing below ${heading} in docs/states.md shows every status, and no other`, () => {
    const drawing = drawingBelow(heading);
    const named = [...drawing.matchAll(/^ *(\S+) --> ([\w*[\]]+)/gm)].flatMap((match) => [
      match[1]!,
      match[2]!,
    ]);
    assert.deepEqual(new Set(named), new Set(["[*]", ...statuses]));
  });
}

function drawingBelow(heading: string): string {
  const { path, text } = documentAt("docs/states.md");
  const section = text.slice(text.indexOf(`\n## ${heading}\n`));
  return fencesOf({ path, text: section }).find(({ language }) => language === "mermaid")!.text;
}

const NAMED: readonly (readonly [string, string, readonly string[]])[] = [
  ["outcome", "docs/states.md", status.OUTCOMES],
  ["waiting reason", "docs/states.md", status.WAITING_REASONS],
  ["failure class", "docs/pipelines.md", status.FAILURE_CLASSES],
  ["action of rules", "docs/pipelines.md", status.ACTIONS],
  ["preset", "docs/pipelines.md", PRESETS],
  ["key of a pipeline", "docs/pipelines.md", Object.keys(Pipeline.shape)],
  ["key of a step", "docs/pipelines.md", Object.keys(Step.shape)],
  ["key of a rule", "docs/pipelines.md", Object.keys(Rule.shape).filter((key) => key !== "name")],
  ["condition of a rule", "docs/pipelines.md", Object.keys(RuleCondition.shape)],
  ["event that is told", "docs/notifications.md", NOTICE_EVENTS],
];

for (const [what, path, words] of NAMED) {
  test(`${path} names every ${what}`, () => {
    const { text } = documentAt(path);
    assert.deepEqual(
      words.filter((word) => !text.includes(`\`${word}\``)),
      [],
    );
  });
}
