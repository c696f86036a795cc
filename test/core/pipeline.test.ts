import assert from "node:assert/strict";
import { test } from "node:test";
import { Pipeline, type PipelineInput, topological } from "../../src/core/pipeline.ts";
import { pipelineProblems, pipelineWarnings } from "../../src/core/pipeline-problems.ts";
import { stepsTooBig } from "../../src/core/plan.ts";
import { pipelineOf } from "./scene.ts";

type Steps = Parameters<typeof pipelineOf>[0];
const WRONG: readonly (readonly [string, Steps, Partial<PipelineInput>, string, RegExp])[] = [
  [
    "an id twice",
    [{ id: "a" }, { id: "a", outputs: ["b/{sample}"] }],
    {},
    "steps.1.id",
    /step a is there twice/,
  ],
  [
    "an unknown need",
    [{ id: "a", needs: ["b"] }],
    {},
    "steps.0.needs.0",
    /step a needs "b", which is no step; steps are a/,
  ],
  [
    "a need twice",
    [{ id: "a" }, { id: "b", needs: ["a", "a"] }],
    {},
    "steps.1.needs.1",
    /step b needs a twice/,
  ],
  ["a step that needs itself", [{ id: "a", needs: ["a"] }], {}, "steps.0.needs", /in a circle: a$/],
  [
    "a circle, without the step that only leads to it",
    [
      { id: "a", needs: ["c"] },
      { id: "b", needs: ["a"] },
      { id: "c", needs: ["b"] },
      { id: "d", needs: ["a"] },
    ],
    {},
    "steps.0.needs",
    /in a circle: a, b, c$/,
  ],
  [
    "one output of two steps",
    [{ id: "a" }, { id: "b", outputs: ["a/{sample}.txt"] }],
    {},
    "steps.1.outputs.0",
    /"a\/\{sample\}\.txt" is also an output of step a/,
  ],
  [
    "an output that the samples share",
    [{ id: "a", outputs: ["a.txt"] }],
    {},
    "steps.0.outputs.0",
    /has no \{sample\}/,
  ],
  [
    "a sample in a per-run step",
    [{ id: "a", per: "run", outputs: ["{sample}.txt"] }],
    {},
    "steps.0.outputs.0",
    /per run has no \{sample\}/,
  ],
  [
    "another placeholder",
    [{ id: "a", outputs: ["{sample}/{lane}"] }],
    {},
    "steps.0.outputs.0",
    /only \{sample\} is filled in/,
  ],
  [
    "a metric that the samples share",
    [{ id: "a", metrics: ["m.json"] }],
    {},
    "steps.0.metrics.0",
    /has no \{sample\}/,
  ],
  [
    "a rule about no step",
    [{ id: "a" }],
    { rules: [{ name: "r", when: { step: "b" }, do: "skip" }] },
    "rules.0.when.step",
    /rule r: "b" is no step/,
  ],
  [
    "a retry without times",
    [{ id: "a", rules: [{ name: "r", when: {}, do: "retry" }] }],
    {},
    "steps.0.rules.0.times",
    /a retry says how often/,
  ],
  [
    "a skip that scales",
    [{ id: "a" }],
    { rules: [{ name: "r", when: {}, do: "skip", scale: { memory: 2 } }] },
    "rules.0",
    /belong to "do: retry"/,
  ],
  [
    "a for without waiting",
    [{ id: "a" }],
    { rules: [{ name: "r", when: { for: "2h" }, do: "skip" }] },
    "rules.0.when.for",
    /goes with "waiting"/,
  ],
  [
    "a wait about nothing that waits",
    [{ id: "a" }],
    { rules: [{ name: "r", when: {}, do: "wait" }] },
    "rules.0.do",
    /goes with "when/,
  ],
  [
    "two params of one variable",
    [{ id: "a" }],
    { params: { depth: 1, Depth: 2 } },
    "params.Depth",
    /both PARAM_DEPTH/,
  ],
];
for (const [name, steps, rest, path, message] of WRONG) {
  test(`${name} is a problem, with its place`, () => {
    const problems = pipelineProblems(pipelineOf(steps, rest));
    assert.equal(problems.length, 1, JSON.stringify(problems));
    assert.equal(problems[0]!.path.join("."), path);
    assert.match(problems[0]!.message, message);
  });
}

test("every problem is reported at once", () => {
  const steps = [
    { id: "a", needs: ["zz"] },
    { id: "a", outputs: ["x.txt"] },
  ];
  assert.equal(pipelineProblems(pipelineOf(steps, { params: { x: 1, X: 2 } })).length, 4);
});

test("a pipeline with gathers, indexes and globs has no problem", () => {
  const steps: Steps = [
    { id: "index", per: "run" },
    {
      id: "a",
      needs: ["index"],
      outputs: ["a/*_{sample}.txt", { path: "b/{sample}.log", allow_empty: true }],
    },
    { id: "all", per: "run", needs: ["a"], outputs: ["report.html"] },
  ];
  assert.deepEqual(pipelineProblems(pipelineOf(steps)), []);
});

test("steps are sorted after what they need, and otherwise stay as they were given", () => {
  const pipeline = pipelineOf([
    { id: "c", needs: ["b"] },
    { id: "x" },
    { id: "b", needs: ["a"] },
    { id: "a" },
  ]);
  assert.deepEqual(
    topological(pipeline).map(({ id }) => id),
    ["x", "a", "b", "c"],
  );
});

const REFUSED: readonly (readonly [string, object])[] = [
  ["an id with a hyphen", { id: "a-b" }],
  ["an id with an upper case letter", { id: "A" }],
  ["an id of 31 characters", { id: "a".repeat(31) }],
  ["an output outside the folder", { outputs: ["../{sample}"] }],
  ["an absolute output", { outputs: ["/{sample}"] }],
  ["an output among the manifests", { outputs: [".bioagent/{sample}"] }],
  ["memory of 8 gigs", { resources: { memory: "8 gigs" } }],
  ["no CPU", { resources: { cpu: 0 } }],
  ["an unknown field", { memroy: "8GiB" }],
  ["an unknown class", { failures: { oops: { exit_code: [1] } } }],
  ["a scale below 1", { rules: [{ name: "r", when: {}, do: "retry", times: 1, scale: { memory: 0.5 } }] }],
  ["an empty script", { script: "" }],
];
for (const [name, fields] of REFUSED) {
  test(`${name} is no step`, () => {
    const step = { id: "a", script: "true", ...fields };
    assert.equal(Pipeline.safeParse({ pipeline: "p", steps: [step] }).success, false);
  });
}

test("a step without outputs is warned of; a step bigger than the machine is a problem", () => {
  const pipeline = pipelineOf([{ id: "a", outputs: [], resources: { cpu: 9, memory: "9GiB" } }]);
  assert.match(pipelineWarnings(pipeline)[0]!.message, /step a declares no outputs/);
  assert.deepEqual(
    stepsTooBig(pipeline, { cpu: 8, memory: 8 * 2 ** 30 }).map(({ message }) => message),
    [
      "step a asks for 9 CPUs; the largest machine has 8",
      "step a asks for 9GiB of memory; the most there is, is 8192MiB",
    ],
  );
  assert.deepEqual(stepsTooBig(pipeline, {}), []);
});
