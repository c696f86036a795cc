import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { readPipeline } from "../../src/pipelines/read-pipeline.ts";

const fixture = (name: string): string =>
  readFileSync(new URL(`../fixtures/pipelines/${name}`, import.meta.url), "utf8");

const BOMBS: readonly (readonly [name: string, text: string, message: RegExp])[] = [
  ["billion laughs", fixture("billion-laughs.yaml"), /^too many aliases/],
  ["merge keys that multiply", fixture("merge-bomb.yaml"), /^too many aliases/],
  ["one alias used too often", `a: &a x\nb: [${"*a,".repeat(60)}]`, /^too many aliases/],
  ["a value that contains itself", "pipeline: &a [*a]", /contains itself$/],
  ["half a million brackets", "[".repeat(500_000), /^brackets are nested/],
  ["balanced brackets", "[".repeat(5_000) + "]".repeat(5_000), /^brackets are nested/],
  ["brackets just too deep", `${"[".repeat(101)}${"]".repeat(101)}`, /^brackets are nested/],
  ["lists in lists without brackets", "- ".repeat(50_000), /nested too deeply|nested more than/],
  ["keys of keys", "? ".repeat(10_000), /nested too deeply|nested more than/],
  [
    "stairs",
    Array.from({ length: 400 }, (_, depth) => `${" ".repeat(depth)}a:`).join("\n"),
    /nested too deeply|nested more than/,
  ],
  ["empty lines", "\n".repeat(1_000_000), /more than 200000 tokens/],
  ["anchors", "&a ".repeat(300_000), /more than 200000 tokens/],
  ["documents", "---\n".repeat(250_000), /more than 200000 tokens/],
  ["more than 1 MiB", `pipeline: ${"a".repeat(2 ** 20)}`, /at most 1 MiB is read$/],
];
for (const [name, text, message] of BOMBS) {
  test(`${name}: refused with one message`, () => {
    const { pipeline, problems } = readPipeline(text, { source: "bomb.yaml" });
    assert.equal(pipeline, null);
    assert.equal(problems.length, 1);
    assert.match(problems[0]!.message, message);
  });
}

test("10,000 keys in one mapping are looked through once, not each against each", () => {
  const keys = Array.from({ length: 10_000 }, (_, index) => `k${index}: 1`);
  const { problems } = readPipeline([...keys, "k7: 2"].join("\n"), { source: "keys.yaml" });
  const twice = problems.find((problem) => problem.message.endsWith("is there twice"));
  assert.deepEqual([twice?.path, twice?.line], ["k7", 10_001]);
});

test("an alias may be used as often as people do", () => {
  const steps = Array.from({ length: 40 }, (_, at) => `  - { id: s${at}, script: x, resources: *r }`);
  const text = [
    "pipeline: qc",
    "steps:",
    "  - { id: first, script: x, resources: &r { memory: 2GiB } }",
    ...steps,
  ].join("\n");
  assert.deepEqual(readPipeline(text, { source: "p.yaml" }).problems, []);
});
