import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { test } from "node:test";
import type { Command } from "commander";
import { PRESET_NAMES } from "../../src/cli/commands/rules.ts";
import { createProgram } from "../../src/cli/program.ts";
import type { Terminal } from "../../src/cli/terminal.ts";
import { PRESETS } from "../../src/core/pipeline.ts";
import { cli } from "./support/cli.ts";
import { assertGolden } from "./support/golden.ts";

const FIXED =
  "run validate approve list show jobs events logs why watch wait cancel retry resume rules pipelines explain tick serve dev emulate-batch notify notices bridge export doctor";

function program(): Command {
  const terminal: Terminal = {
    out: () => {},
    err: () => {},
    interactive: false,
    size: () => ({ columns: 33, rows: 24 }),
    onResize: () => () => {},
  };
  return createProgram({ version: "0.0.0", terminal, bind: () => async () => {} });
}

/** As `--help` prints it, with the examples. */
function helpOf(command: Command): string {
  let text = "";
  command.configureOutput({
    writeOut: (part) => {
      text += part;
    },
  });
  command.outputHelp();
  return text;
}

const everyCommand = (root: Command): Command[] => [
  root,
  ...root.commands,
  ...root.commands.flatMap((command) => command.commands),
];

const fileOf = (command: Command): string => {
  const parent = command.parent?.parent ? `${command.parent.name()}-` : "";
  return `${parent}${command.name()}.txt`;
};

test("there is every command that the design spells", () => {
  assert.deepEqual(
    program().commands.map((command) => command.name()),
    FIXED.split(" "),
  );
});

for (const command of everyCommand(program())) {
  test(`the help of ${fileOf(command).replace(".txt", "")} is as in test/golden/help, with an example`, () => {
    const text = helpOf(command);
    assertGolden(`help/${fileOf(command)}`, text);
    assert.match(text, /\nExample:\n {2}\$ /);
    for (const line of text.split("\n")) assert.ok(line.length <= 112, `too wide: ${line}`);
  });
}

test("every file in test/golden/help belongs to a command", () => {
  const files = readdirSync(new URL("../golden/help/", import.meta.url)).sort();
  assert.deepEqual(files, everyCommand(program()).map(fileOf).sort());
});

test("bioagent --help through the real bin prints the same", async () => {
  const { code, stdout } = await cli(["--help"], { cwd: tmpdir() });
  assert.equal(code, 0);
  assertGolden("help/bioagent.txt", stdout);
});

test("the presets that the command line names are those of the core", () => {
  assert.deepEqual(PRESET_NAMES, PRESETS);
});
