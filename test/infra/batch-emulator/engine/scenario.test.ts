import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parse } from "yaml";
import { openEmulator } from "../../../../infra/batch-emulator/emulator.ts";
import { callEffects, jobEffects } from "../../../../infra/batch-emulator/scenario/schema.ts";
import { checkScenario, readScenario, ScenarioError } from "../../../../infra/batch-emulator/scenario.ts";
import { newFolder } from "./open.ts";

const problemsOf = (value: unknown): readonly string[] => {
  try {
    checkScenario(value);
  } catch (error) {
    if (error instanceof ScenarioError) return error.problems;
    throw error;
  }
  return [];
};

test("a scenario is read from YAML or JSON, with its defaults", async (t) => {
  const folder = await newFolder(t);
  const yaml = join(folder, "s.yaml");
  writeFileSync(
    yaml,
    "seed: 7\nrules:\n  - match: { job: '*-a1' }\n    effect: { preempt: { after_ms: 5 } }\n",
  );
  const json = join(folder, "s.json");
  writeFileSync(json, '{"seed":7,"rules":[{"match":{"job":"*-a1"},"effect":{"preempt":{"after_ms":5}}}]}');
  assert.deepEqual(readScenario(yaml), readScenario(json));
  assert.deepEqual(readScenario(yaml).rules[0], {
    match: { job: "*-a1", attempt: 1 },
    effect: { preempt: { after_ms: 5, at: "RUNNING" } },
  });
});

test("all problems of a scenario are told at once, each with its place", () => {
  const problems = problemsOf({
    sede: 1,
    speed: 0,
    rules: [
      { effect: { preempt: { after_ms: -1, at: "QUEUED" } } },
      { match: { method: "list jobs", chance: 2 }, effect: { error: { code: 418 } } },
      { effect: {} },
      { match: { method: "GetJob" }, effect: { zero_tasks: {}, slow: { for_ms: 1 } } },
    ],
  });
  const text = problems.join("\n");
  for (const wanted of [
    /sede/,
    /speed/,
    /rules\[0\]\.effect\.preempt\.after_ms/,
    /rules\[0\]\.effect\.preempt\.at/,
    /rules\[1\]\.match\.method: must be a method's name, such as CreateJob/,
    /rules\[1\]\.match\.chance/,
    /rules\[1\]\.effect\.error\.code: must be an HTTP code \(429\) or a gRPC status \(RESOURCE_EXHAUSTED\)/,
    /rules\[2\]\.effect: must name at least one effect/,
  ]) {
    assert.match(text, wanted);
  }
  assert.match(
    problemsOf({
      rules: [{ match: { method: "GetJob" }, effect: { zero_tasks: {}, slow: { for_ms: 1 } } }],
    }).join("\n"),
    /rules\[0\]\.effect: mixes effects on calls and on jobs; make two rules/,
  );
});

test("an emulator does not open with a scenario that is wrong or not there", async (t) => {
  const folder = await newFolder(t);
  const broken = join(folder, "broken.yaml");
  writeFileSync(broken, "rules: [");
  for (const [scenario, wanted] of [
    [join(folder, "none.yaml"), /none\.yaml has 1 problem:\n {2}- it cannot be read: ENOENT/],
    [broken, /it is neither YAML nor JSON/],
    [{ rules: 1 }, /rules: /],
  ] as const) {
    await assert.rejects(openEmulator({ restPort: 0, grpcPort: 0, scenario }), wanted);
  }
});

test("the scenario in the documentation is one", () => {
  const text = readFileSync(new URL("../../../../infra/batch-emulator/README.md", import.meta.url), "utf8");
  const example = /```yaml\n([\s\S]*?)```/.exec(text)![1]!;
  const { rules } = checkScenario(parse(example));
  const shown = new Set(rules.flatMap(({ effect }) => Object.keys(effect)));
  const known = [...Object.keys(jobEffects.shape), ...Object.keys(callEffects.shape)];
  assert.deepEqual(
    known.filter((name) => !shown.has(name) && !text.includes(name)),
    [],
  );
});
