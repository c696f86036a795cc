import type { Environment } from "../engine/task-spec.ts";
import { MachineProblem } from "./machine-problem.ts";
import type { TaskOrder } from "./runner.ts";

/**
 * Throws a `MachineProblem` if a variable of the task is a secret or encrypted: it would be missing, and the task would end
 * otherwise than with the service. With which code Batch ends a task whose secret cannot be read was not found.
 */
export function refuseSecrets({ shape, index }: TaskOrder): void {
  const environments: readonly (Environment | undefined)[] = [
    shape.spec.environment,
    shape.group.taskEnvironments?.[index],
    ...(shape.spec.runnables ?? []).map((runnable) => runnable.environment),
  ];
  for (const environment of environments) {
    const [name] = Object.keys(environment?.secretVariables ?? {});
    if (name !== undefined) {
      throw new MachineProblem(
        `the variable ${name} is a secret, and the emulator has no Secret Manager: give it in variables instead of secretVariables`,
      );
    }
    if (environment?.encryptedVariables !== undefined) {
      throw new MachineProblem(
        "there are encryptedVariables, and the emulator has no Cloud KMS: give them in variables",
      );
    }
  }
}
