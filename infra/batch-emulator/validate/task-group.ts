import type { TaskGroupDefinition } from "./definition.ts";
import { inRange, rule } from "./rule.ts";
import { checkEnvironment, checkTaskSpec } from "./task-spec.ts";

/** Job limits (cloud.google.com/batch/quotas). */
const MAX_TASKS = 100_000;
const MAX_PARALLEL = 5_000;
const MAX_TASK_ENVIRONMENTS = 200;

/** That the one task group is complete and within the limits. */
export function checkTaskGroup(group: TaskGroupDefinition, path: string): void {
  rule(group.taskSpec !== undefined, `${path}.task_spec`, "it must be specified");
  checkTaskSpec(group.taskSpec, `${path}.task_spec`);
  inRange(group.taskCount, 1, MAX_TASKS, `${path}.task_count`);
  inRange(group.parallelism, 1, MAX_PARALLEL, `${path}.parallelism`);
  inRange(group.taskCountPerNode, 1, MAX_TASKS, `${path}.task_count_per_node`);
  checkTaskEnvironments(group, path);
  const inOrder = group.schedulingPolicy === "IN_ORDER";
  rule(
    !inOrder || group.parallelism === undefined || group.parallelism === "1",
    `${path}.parallelism`,
    `parallelism must be 1 if the scheduling_policy is IN_ORDER, got ${group.parallelism}`,
  );
}

/** The proto says that `task_count` is ignored beside them, the guide that it must agree: only agreement is safe. */
function checkTaskEnvironments(group: TaskGroupDefinition, path: string): void {
  const { taskEnvironments: environments = [], taskCount } = group;
  const field = `${path}.task_environments`;
  rule(
    environments.length <= MAX_TASK_ENVIRONMENTS,
    field,
    `${environments.length} entries are more than the limit of ${MAX_TASK_ENVIRONMENTS}`,
  );
  rule(
    environments.length === 0 || taskCount === undefined || Number(taskCount) === environments.length,
    field,
    `${environments.length} entries, but task_count is ${taskCount}`,
  );
  for (const [index, environment] of environments.entries())
    checkEnvironment(environment, `${field}[${index}]`);
}

/** The group with what the service fills in. */
export function withGroupDefaults(
  group: TaskGroupDefinition,
  name: string,
): TaskGroupDefinition & { name: string } {
  const taskCount = String(group.taskEnvironments?.length || (group.taskCount ?? 1));
  const parallel = group.schedulingPolicy === "IN_ORDER" ? 1 : Math.min(Number(taskCount), MAX_PARALLEL);
  return {
    name,
    ...group,
    taskSpec: {
      ...group.taskSpec,
      computeResource: { cpuMilli: "2000", memoryMib: "2000", ...group.taskSpec?.computeResource },
    },
    taskCount,
    parallelism: group.parallelism ?? String(parallel),
  };
}
