import assert from "node:assert/strict";
import { test } from "node:test";
import { importProblems, importsOf, problemsOf } from "../scripts/import-rules.ts";

test("imports point one way: no file imports from a room that it may not", () => {
  assert.deepEqual(importProblems(), []);
});

test("the rule sees what it must: core importing node, an adapter importing app, a face importing a store", () => {
  const cases: [string, string][] = [
    ["src/core/advance.ts", "node"],
    ["src/core/advance.ts", "src/ports.ts"],
    ["src/stores/sqlite/sqlite-store.ts", "src/app/tick.ts"],
    ["src/channels/slack/channel.ts", "src/config.ts"],
    ["src/cli/main.ts", "src/stores/sqlite/sqlite-store.ts"],
    ["src/app/tick.ts", "src/wire.ts"],
    ["functions/index.ts", "src/executors/local/local-executor.ts"],
    ["src/nowhere/x.ts", "src/core/run.ts"],
  ];
  for (const [file, target] of cases)
    assert.equal(problemsOf(file, [target]).length, 1, `${file} -> ${target}`);
});

test("imports are read from every form: static, type, dynamic, re-export", () => {
  assert.ok(importsOf("src/core/advance.ts").includes("src/core/draft.ts"));
  assert.ok(importsOf("src/wire.ts").includes("node"));
});
