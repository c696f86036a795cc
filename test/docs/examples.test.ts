import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readConfig } from "../../src/config.ts";
import { StartBody } from "../../src/http/run-request.ts";
import { readPipeline } from "../../src/pipelines/read-pipeline.ts";
import { readSamplesheet } from "../../src/pipelines/read-samplesheet.ts";
import { channelKinds } from "../../src/wire.ts";
import { documentAt, FENCES, type Fence, fencesOf, placeOf, ROOT } from "./documents.ts";

const blocks = (language: string): readonly Fence[] => FENCES.filter((fence) => fence.language === language);

const isConfig = ({ info }: Fence): boolean => info === "bioagent.yaml";

for (const fence of blocks("yaml")) {
  test(`the YAML at ${placeOf(fence)} is a valid ${isConfig(fence) ? "configuration" : "pipeline"}`, async () => {
    if (isConfig(fence)) await readsAsConfig(fence.text);
    else assert.deepEqual(readPipeline(fence.text, { source: placeOf(fence) }).problems, []);
  });
}

/** Throws with every problem. */
const readsAsConfig = (text: string) =>
  readConfig({
    env: {},
    cwd: "/nowhere",
    channelKinds,
    configFile: "bioagent.yaml",
    readFile: async () => text,
  });

for (const path of globSync("examples/*.yaml", { cwd: ROOT })) {
  test(`${path} is a valid pipeline`, () => {
    assert.deepEqual(readPipeline(readFileSync(join(ROOT, path), "utf8"), { source: path }).problems, []);
  });
}

for (const fence of blocks("json")) {
  test(`the JSON at ${placeOf(fence)} parses${fence.info === "start" ? ", and starts a run" : ""}`, () => {
    const value: unknown = JSON.parse(fence.text);
    if (fence.info === "start") StartBody.parse(value);
  });
}

for (const fence of blocks("csv")) {
  test(`the sample sheet at ${placeOf(fence)} is valid`, () => {
    assert.deepEqual(readSamplesheet(fence.text, { source: placeOf(fence) }).problems, []);
  });
}

test("the README's library lines stand in examples/library.ts, which a test runs", () => {
  const example = readFileSync(join(ROOT, "examples/library.ts"), "utf8");
  const shown = fencesOf(documentAt("README.md")).filter(({ language }) => language === "ts");
  assert.equal(shown.length, 1);
  for (const line of shown[0]!.text.split("\n"))
    assert.ok(example.includes(line), `not in the example: ${line}`);
});

test("no document has a block in a language that no test looks at", () => {
  const looked = ["sh", "text", "yaml", "json", "csv", "ts", "mermaid"];
  assert.deepEqual(FENCES.filter(({ language }) => !looked.includes(language)).map(placeOf), []);
});
