import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { renderProblems } from "../../src/pipelines/problem.ts";
import { readPipeline } from "../../src/pipelines/read-pipeline.ts";

const fixture = (name: string): string =>
  readFileSync(new URL(`../fixtures/pipelines/${name}`, import.meta.url), "utf8");
const read = (text: string) => readPipeline(text, { source: "p.yaml" });
/** The problems as a person sees them. */
const lines = (text: string): string[] => {
  const { pipeline, problems } = read(text);
  assert.equal(pipeline === null, problems.length > 0);
  return renderProblems("p.yaml", problems).split("\n");
};

/** A valid pipeline with other lines in its only step, which begin at line 5, column 5. */
const withStep = (...more: string[]): string =>
  ["pipeline: qc", "steps:", "  - id: one", "    script: run", ...more.map((line) => `    ${line}`), ""].join(
    "\n",
  );

test("a pipeline that uses every field is read, with aliases and defaults filled in", () => {
  const { pipeline, problems, warnings } = read(fixture("two-steps.yaml"));
  assert.deepEqual(problems, []);
  assert.deepEqual(warnings, []);
  assert.equal(pipeline?.steps[0]?.per, "sample");
  assert.deepEqual(pipeline?.steps[1]?.resources, pipeline?.steps[0]?.resources);
  assert.deepEqual(pipeline?.rules[0]?.when.step, ["gather"]);
});

test("the same pipeline as JSON, with tabs, CRLF and a byte order mark, is read alike", () => {
  const { pipeline } = read(fixture("two-steps.yaml"));
  const json = `\ufeff${JSON.stringify(pipeline, null, "\t").replaceAll("\n", "\r\n")}`;
  assert.deepEqual(read(json).problems, []);
  assert.deepEqual(read(json).pipeline, pipeline);
});

test("a byte order mark does not count as a column", () => {
  assert.equal(read("\ufeffpipeline: X\n").problems.at(-1)?.column, 11);
});

test("every mistake of a file is named at once, in order, with line and column", () => {
  const { problems } = read(fixture("many-mistakes.yaml"));
  assert.deepEqual(
    problems.map(({ line, column, path }) => `${line}:${column} ${path}`),
    [
      "1:11 pipeline",
      "2:1 stepps",
      "3:11 params.a-b",
      "5:5 steps[0].script",
      "6:5 steps[0].command",
      "8:15 steps[0].resources.memory",
      "9:12 steps[0].resources.cpu",
      "10:13 steps[0].resources.time",
      "11:15 steps[0].optional",
      "12:12 steps[0].needs",
      "15:5 steps[1].memory",
      "16:12 steps[1].needs",
      "16:13 steps[1].needs[0]",
      "18:38 steps[1].rules[0].when.class",
      "18:49 steps[1].rules[0].when.log",
      "18:64 steps[1].rules[0].do",
    ],
  );
});

test("sixteen problems are rendered in twelve lines", () => {
  const rendered = lines(fixture("many-mistakes.yaml"));
  assert.equal(rendered.length, 12);
  assert.equal(rendered[11], "... and 5 more");
});

/** Bad input, and what it gets: one line each. */
const TABLE: readonly (readonly [name: string, text: string, ...expected: string[]])[] = [
  [
    "memory that is no size",
    withStep('resources: { memory: "8 gigs" }'),
    'p.yaml:5:26  steps[0].resources.memory  "8 gigs" is not a size: write a number and a unit, such as 512MiB, 8GiB or 16GB',
  ],
  [
    "memory without a unit",
    withStep("resources: { memory: 8 }"),
    "p.yaml:5:26  steps[0].resources.memory  8 is not a size: write a number and a unit, such as 512MiB, 8GiB or 16GB",
  ],
  [
    "memory that is empty",
    withStep("resources:", "  memory:"),
    "p.yaml:6:7  steps[0].resources.memory  an empty value is not a size: write a number and a unit, such as 512MiB, 8GiB or 16GB",
  ],
  [
    "time that is no duration",
    withStep("resources: { time: 1 hour }"),
    'p.yaml:5:24  steps[0].resources.time  "1 hour" is not a duration: write a number and a unit, such as 30s, 10m, 1h, 2d or 1h30m',
  ],
  [
    "an unknown step in needs",
    withStep("needs: [two]"),
    'p.yaml:5:13  steps[0].needs[0]  step one needs "two", which is no step; steps are one',
  ],
  [
    "a cycle",
    "pipeline: qc\nsteps:\n  - { id: a, script: x, needs: [b] }\n  - { id: b, script: x, needs: [a] }\n",
    "p.yaml:3:32  steps[0].needs  steps that need one another in a circle: a, b",
  ],
  [
    "two steps of one id",
    withStep("resources: { cpu: 1 }").concat("  - id: one\n    script: x\n"),
    "p.yaml:6:9  steps[1].id  step one is there twice; ids must differ",
  ],
  [
    "a pattern of a rule that is no pattern",
    withStep('rules: [{ name: r, when: { log: [ok, "x("] }, do: skip }]'),
    'p.yaml:5:42  steps[0].rules[0].when.log[1]  "x(" is no pattern (RE2): missing closing ): `x(`',
  ],
  [
    "a pattern of a step's failures that RE2 does not know",
    withStep('failures: { oom: { log: ["(?=x)"] } }'),
    'p.yaml:5:30  steps[0].failures.oom.log[0]  "(?=x)" is no pattern (RE2): invalid or unsupported Perl syntax: `(?=`',
  ],
  [
    "a field with a letter wrong",
    withStep("imge: x"),
    'p.yaml:5:5  steps[0].imge  "imge" is no field here; did you mean image?',
  ],
  [
    "a field by another system's name",
    withStep("container: x"),
    'p.yaml:5:5  steps[0].container  "container" is no field here; it is called image',
  ],
  [
    "a resource outside resources",
    withStep("mem: 8GiB"),
    'p.yaml:5:5  steps[0].mem  "mem" is no field here; write it under resources:, as memory',
  ],
  [
    "a class that is none, where one or many may stand",
    withStep("rules: [{ name: r, when: { class: [oom, timout] }, do: skip }]"),
    'p.yaml:5:45  steps[0].rules[0].when.class[1]  "timout" is not one of oom, preempted, infra, timeout, disk_full, missing_output, not_executable, image, permission, config, io, bad_input, app, cancelled_elsewhere, lost; did you mean timeout?',
  ],
  [
    "an output with a field wrong",
    withStep('outputs: [{ path: "{sample}", allow_emty: true }]'),
    'p.yaml:5:35  steps[0].outputs[0].allow_emty  "allow_emty" is no field here; did you mean allow_empty?',
  ],
  [
    "an output outside the folder",
    withStep('outputs: ["../x"]'),
    'p.yaml:5:15  steps[0].outputs[0]  "../x" must be a path inside OUTPUT_DIR, without "..", "." or empty parts',
  ],
  [
    "an output that is a number",
    withStep("outputs: [3]"),
    "p.yaml:5:15  steps[0].outputs[0]  an output is a path, or { path: ..., allow_empty: true }",
  ],
  [
    "a parameter that is a list",
    `${withStep()}params: { a: [1] }\n`,
    "p.yaml:5:14  params.a  a list is not what is expected here: a text, or a number, or true or false",
  ],
  [
    "an id that YAML reads as a number",
    "pipeline: 2026\nsteps: [{ id: a, script: x }]\n",
    'p.yaml:1:11  pipeline  2026 is read as a number; expected a text: put it into quotes, "2026"',
  ],
  [
    "a number that is too large, one that is not whole, and one in quotes",
    withStep(
      "max_parallel: 1.5",
      'resources: { cpu: "2" }',
      "rules: [{ name: r, when: {}, do: retry, times: 99 }]",
    ),
    "p.yaml:5:19  steps[0].max_parallel  1.5 is not a whole number",
    'p.yaml:6:23  steps[0].resources.cpu  "2" is not a number: write it without quotes and units',
    "p.yaml:7:52  steps[0].rules[0].times  99 is too large: expected at most 20",
  ],
  [
    "an empty script and a step that is no mapping",
    'pipeline: qc\nsteps:\n  - { id: a, script: "" }\n  - 4\n',
    "p.yaml:3:22  steps[0].script  is empty",
    'p.yaml:4:5  steps[1]  4 is not a mapping: expected lines of "key: value"',
  ],
  [
    "a key that is there twice",
    withStep("script: other"),
    'p.yaml:5:5  steps[0].script  "script" is there twice',
  ],
  [
    "a merge key",
    "pipeline: qc\nsteps:\n  - { id: a, script: x, resources: &r { cpu: 2 } }\n  - { id: b, script: x, resources: { <<: *r } }\n",
    'p.yaml:4:38  steps[1].resources["<<"]  merge keys (<<) are no part of YAML 1.2: write the fields out, or use one alias for the whole mapping',
  ],
  [
    "a prototype",
    `${withStep()}params: { __proto__: 3 }\n`,
    "p.yaml:5:11  params.__proto__  this name is reserved",
  ],
  [
    "an alias without an anchor",
    withStep("resources: *r"),
    "p.yaml:5:16  steps[0].resources  *r stands for nothing: there is no &r before it",
  ],
  ["a tab", "pipeline: qc\nsteps:\n\t- id: a\n", "p.yaml:3:1  a tab cannot indent YAML: use spaces"],
  [
    "a text that YAML reads as two fields",
    "pipeline: a: b\n",
    'p.yaml:1:11  a second "key: value" on one line; quote the text if it has ": " in it',
  ],
  [
    "two syntax errors",
    "pipeline: r\nsteps:\n  - id: x\n   script: 'y\n",
    "p.yaml:4:1  sequence item without - indicator",
    "p.yaml:5:1  missing closing 'quote",
  ],
  [
    "two documents",
    "pipeline: a\n---\npipeline: b\n",
    "p.yaml:2:1  a second document starts here (---): only one document is read from a file",
  ],
  [
    "another YAML",
    "%YAML 1.1\n---\npipeline: a\n",
    "p.yaml:1:1  this is said to be YAML 1.1; only YAML 1.2 is read",
  ],
  ["a tag", "pipeline: !python/object x\n", "p.yaml:1:11  unresolved tag: !python/object"],
  [
    "an empty file",
    "# nothing yet\n",
    'p.yaml:1:1  p.yaml is empty: a pipeline has at least "pipeline: NAME" and "steps:"',
  ],
  ["a text", "hello", 'p.yaml:1:1  "hello" is not a mapping: expected lines of "key: value"'],
];
for (const [name, text, ...expected] of TABLE) {
  test(`${name} is named with its place`, () => assert.deepEqual(lines(text), expected));
}

test("a problem inside an alias is shown where the values stand", () => {
  const text =
    "pipeline: qc\nsteps:\n  - { id: a, script: x, resources: &r { cpu: none } }\n  - { id: b, script: x, resources: *r }\n";
  assert.deepEqual(
    read(text).problems.map(({ line, column, path }) => [line, column, path]),
    [
      [3, 46, "steps[0].resources.cpu"],
      [3, 46, "steps[1].resources.cpu"],
    ],
  );
});

test("a number that does not keep its spelling is a warning, so that 1.10 is not read as 1.1 unseen", () => {
  const { pipeline, warnings } = read(
    'pipeline: qc\nparams: { version: 1.10, n: 5, text: "1.10" }\nsteps: [{ id: a, script: x, outputs: ["{sample}"] }]\n',
  );
  assert.equal(pipeline?.params["version"], 1.1);
  assert.deepEqual(warnings, [
    {
      path: "params.version",
      message: "1.10 is read as the number 1.1: put it into quotes if the text is meant",
      line: 2,
      column: 20,
    },
  ]);
});

test("a step without outputs is a warning at its place", () => {
  const { pipeline, warnings } = read(withStep());
  assert.ok(pipeline);
  assert.deepEqual(
    warnings.map(({ line, column, path }) => [line, column, path]),
    [[3, 5, "steps[0]"]],
  );
});

test("a message is one line of bounded length, whatever was read", () => {
  const [line = ""] = lines(
    withStep(`resources: { memory: ${JSON.stringify(`x\n\u2028${"y".repeat(100_000)}`)} }`),
  );
  assert.ok(line.length < 700);
  assert.doesNotMatch(line, /[\n\u2028]/);
});
