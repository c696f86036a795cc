import { type Pipeline, type Problem, topological } from "./pipeline.ts";
import type { Rule } from "./rule.ts";

/** What the fields of a pipeline say wrongly of one another: unknown needs, cycles, ids twice, colliding outputs. */
export function pipelineProblems(pipeline: Pipeline): Problem[] {
  return [
    ...duplicateIds(pipeline),
    ...unknownNeeds(pipeline),
    ...needsCycles(pipeline),
    ...collidingOutputs(pipeline),
    ...ruleProblems(pipeline),
    ...paramCollisions(pipeline),
  ];
}

function duplicateIds({ steps }: Pipeline): Problem[] {
  const first = new Map<string, number>();
  return steps.flatMap((step, index) => {
    const earlier = first.get(step.id);
    if (earlier === undefined) first.set(step.id, index);
    return earlier === undefined
      ? []
      : [{ path: ["steps", index, "id"], message: `step ${step.id} is there twice; ids must differ` }];
  });
}

function unknownNeeds({ steps }: Pipeline): Problem[] {
  const ids = new Set(steps.map((step) => step.id));
  return steps.flatMap((step, index) =>
    step.needs.flatMap((need, at): Problem[] => {
      const path = ["steps", index, "needs", at];
      if (!ids.has(need)) {
        return [
          {
            path,
            message: `step ${step.id} needs ${JSON.stringify(need)}, which is no step; steps are ${[...ids].join(", ")}`,
          },
        ];
      }
      return step.needs.indexOf(need) === at
        ? []
        : [{ path, message: `step ${step.id} needs ${need} twice` }];
    }),
  );
}

function needsCycles(pipeline: Pipeline): Problem[] {
  const sorted = topological(pipeline);
  const stuck = pipeline.steps.filter((step) => !sorted.includes(step));
  const first = stuck.find((step) => reaches(pipeline, step.id, step.id));
  if (!first) return [];
  const index = pipeline.steps.indexOf(first);
  const ring = stuck.filter(
    (step) => reaches(pipeline, first.id, step.id) && reaches(pipeline, step.id, first.id),
  );
  const names = ring.map((step) => step.id).join(", ");
  return [{ path: ["steps", index, "needs"], message: `steps that need one another in a circle: ${names}` }];
}

function reaches({ steps }: Pipeline, from: string, target: string): boolean {
  const seen = new Set<string>();
  const queue = [from];
  for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
    for (const need of steps.find((step) => step.id === id)?.needs ?? []) {
      if (need === target) return true;
      if (!seen.has(need)) {
        seen.add(need);
        queue.push(need);
      }
    }
  }
  return false;
}

function collidingOutputs({ steps }: Pipeline): Problem[] {
  const problems: Problem[] = [];
  const owner = new Map<string, string>();
  steps.forEach((step, index) => {
    const paths = [...step.outputs.map((output) => output.path), ...step.metrics];
    paths.forEach((pattern, at) => {
      const path =
        at < step.outputs.length
          ? ["steps", index, "outputs", at]
          : ["steps", index, "metrics", at - step.outputs.length];
      if (/\{(?!sample\})/.test(pattern))
        problems.push({ path, message: `${JSON.stringify(pattern)}: only {sample} is filled in` });
      if (step.per === "run" && pattern.includes("{sample}")) {
        problems.push({
          path,
          message: `${JSON.stringify(pattern)}: a step that is per run has no {sample}`,
        });
      }
      if (step.per === "sample" && !/\{sample\}|[*?[]/.test(pattern)) {
        problems.push({
          path,
          message: `${JSON.stringify(pattern)} has no {sample}: the samples would overwrite one another`,
        });
      }
      const other = owner.get(pattern);
      if (other !== undefined && other !== step.id)
        problems.push({ path, message: `${JSON.stringify(pattern)} is also an output of step ${other}` });
      owner.set(pattern, step.id);
    });
  });
  return problems;
}

function ruleProblems(pipeline: Pipeline): Problem[] {
  const ids = new Set(pipeline.steps.map((step) => step.id));
  const lists: [readonly (string | number)[], Rule[]][] = [
    [["rules"], pipeline.rules],
    ...pipeline.steps.map((step, index): [(string | number)[], Rule[]] => [
      ["steps", index, "rules"],
      step.rules,
    ]),
  ];
  return lists.flatMap(([base, rules]) => rules.flatMap((rule, at) => oneRule(rule, [...base, at], ids)));
}

function oneRule(rule: Rule, path: (string | number)[], ids: ReadonlySet<string>): Problem[] {
  const problems: Problem[] = [];
  const add = (message: string, ...where: string[]) =>
    problems.push({ path: [...path, ...where], message: `rule ${rule.name}: ${message}` });
  for (const id of rule.when.step ?? [])
    if (!ids.has(id)) add(`${JSON.stringify(id)} is no step`, "when", "step");
  if (rule.do === "retry" && rule.times === undefined) add("a retry says how often: times: 2", "times");
  if (rule.do !== "retry" && (rule.scale || rule.set || rule.times !== undefined)) {
    add(`scale, set and times belong to "do: retry", not to "do: ${rule.do}"`);
  }
  if (rule.when.for !== undefined && rule.when.waiting === undefined)
    add('"for" goes with "waiting"', "when", "for");
  if (rule.do === "wait" && rule.when.waiting === undefined)
    add('"do: wait" goes with "when: { waiting: ... }"', "do");
  return problems;
}

function paramCollisions({ params }: Pipeline): Problem[] {
  const seen = new Map<string, string>();
  return Object.keys(params).flatMap((name) => {
    const other = seen.get(name.toUpperCase());
    seen.set(name.toUpperCase(), name);
    return other === undefined
      ? []
      : [
          {
            path: ["params", name],
            message: `params ${other} and ${name} are both PARAM_${name.toUpperCase()}`,
          },
        ];
  });
}

/** What is allowed, and yet probably not meant. */
export function pipelineWarnings(pipeline: Pipeline): Problem[] {
  return pipeline.steps.flatMap((step, index) =>
    step.outputs.length > 0
      ? []
      : [
          {
            path: ["steps", index],
            message: `step ${step.id} declares no outputs: nothing it writes is kept, and exit 0 alone is its success`,
          },
        ],
  );
}
