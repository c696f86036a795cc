import assert from "node:assert/strict";
import { test } from "node:test";
import { readPairs, readParams } from "../../../src/cli/input/pairs.ts";
import { instant, wholeNumber } from "../../../src/cli/input/parsers.ts";
import { readSettingsOptions } from "../../../src/cli/input/settings.ts";
import { withResources } from "../../../src/core/pipeline.ts";
import { aPipeline } from "../../support/documents.ts";

const STEPS = ["fastqc", "star_align"];

test("--set gives each field its type, and several fields of a step come together", () => {
  const { set, problems } = readSettingsOptions(
    [
      "star_align.memory=64GiB",
      "star_align.cpu=0.5",
      "star_align.spot=false",
      "fastqc.time=1h30m",
      "fastqc.disk=10GB",
    ],
    STEPS,
  );
  assert.deepEqual(problems, []);
  assert.deepEqual(set, {
    star_align: { memory: "64GiB", cpu: 0.5, spot: false },
    fastqc: { time: "1h30m", disk: "10GB" },
  });
});

test("every bad --set is named", () => {
  const bad = [
    "fastqc",
    "fastqc.memory",
    "fastq.cpu=1",
    "fastqc.memroy=1GiB",
    "fastqc.cpu=0",
    "fastqc.cpu=many",
    "fastqc.memory=8",
    "fastqc.time=soon",
    "fastqc.spot=yes",
    "__proto__.cpu=1",
  ];
  const { set, problems } = readSettingsOptions(bad, STEPS);
  assert.deepEqual(set, {});
  assert.equal(problems.length, bad.length);
  for (const [at, problem] of problems.entries())
    assert.ok(problem.startsWith(`--set ${bad[at]}: `), problem);
});

test("settings change the pipeline's step and leave the rest", () => {
  const changed = withResources(aPipeline(), { fastqc: { memory: "2GiB" } });
  assert.deepEqual(changed.steps[0]!.resources, { cpu: 1, memory: "2GiB" });
  assert.equal(changed.steps[0]!.script, aPipeline().steps[0]!.script);
});

test("--param takes the type of the declared value; text stays text, with everything after the first =", () => {
  const declared = { n: 3, ratio: 0.5, deep: false, word: "hi" };
  const { values, problems } = readParams(
    ["n=4", "ratio=1e-3", "deep=true", "word=a=b", "other=7"],
    declared,
  );
  assert.deepEqual(problems, []);
  assert.deepEqual(values, { n: 4, ratio: 0.001, deep: true, word: "a=b", other: "7" });
});

test("bad pairs are named: no =, no name, given twice, another type", () => {
  assert.deepEqual(readPairs("--label", ["x", "=y", "a=1", "a=2"]).problems, [
    "--label x: write --label NAME=VALUE",
    "--label =y: write --label NAME=VALUE",
    "--label a is given twice",
  ]);
  assert.deepEqual(readParams(["n=", "deep=1"], { n: 1, deep: true }).problems, [
    '--param n: "" is no number',
    '--param deep: "1" is no truth value: true or false',
  ]);
});

test("times are days, instants, or how long ago", () => {
  assert.equal(instant("2026-02-27"), "2026-02-27T00:00:00.000Z");
  assert.equal(instant("2026-02-27T10:00:00+01:00"), "2026-02-27T09:00:00.000Z");
  assert.ok(Math.abs(Date.parse(instant("2h")) - (Date.now() - 7_200_000)) < 5000);
  for (const text of ["yesterday", "2026-13-01", "27.2.2026", ""])
    assert.throws(() => instant(text), /Expected a day/);
});

test("numbers are whole and within their bounds", () => {
  const parse = wholeNumber(1, 10);
  assert.equal(parse("10"), 10);
  for (const text of ["0", "11", "1.5", "x", "", "1e1"]) assert.throws(() => parse(text), /from 1 to 10/);
});
