import type {
  EnvironmentDefinition,
  RunnableDefinition,
  TaskSpecDefinition,
  VolumeDefinition,
} from "./definition.ts";
import { durationSeconds } from "./duration.ts";
import { checkLabels } from "./labels.ts";
import { inRange, rule } from "./rule.ts";

const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;
const BARRIER = /^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** That a task can be made of this. */
export function checkTaskSpec(spec: TaskSpecDefinition, path: string): void {
  const runnables = spec.runnables ?? [];
  rule(runnables.length > 0, `${path}.runnables`, "at least one runnable must be specified");
  for (const [index, runnable] of runnables.entries()) checkRunnable(runnable, `${path}.runnables[${index}]`);
  checkResources(spec, path);
  checkDuration(spec.maxRunDuration, `${path}.max_run_duration`);
  inRange(spec.maxRetryCount, 0, 10, `${path}.max_retry_count`);
  checkLifecycle(spec, path);
  for (const [index, volume] of (spec.volumes ?? []).entries())
    checkVolume(volume, `${path}.volumes[${index}]`);
  checkEnvironment(spec.environment, `${path}.environment`);
}

function checkRunnable(runnable: RunnableDefinition, path: string): void {
  const { container, script, barrier } = runnable;
  rule(
    Boolean(container || script || barrier),
    path,
    "a runnable must have exactly one of container, script and barrier",
  );
  if (container) rule(Boolean(container.imageUri), `${path}.container.image_uri`, "it must not be empty");
  if (script)
    rule(Boolean(script.path || script.text), `${path}.script`, "a path or a text must be specified");
  if (barrier?.name)
    rule(BARRIER.test(barrier.name), `${path}.barrier.name`, `it must match ${BARRIER.source}`);
  checkDuration(runnable.timeout, `${path}.timeout`);
  checkEnvironment(runnable.environment, `${path}.environment`);
  checkLabels(runnable.labels, `${path}.labels`);
}

function checkResources({ computeResource }: TaskSpecDefinition, path: string): void {
  const most = Number.MAX_SAFE_INTEGER;
  inRange(computeResource?.cpuMilli, 1, most, `${path}.compute_resource.cpu_milli`);
  inRange(computeResource?.memoryMib, 1, most, `${path}.compute_resource.memory_mib`);
  inRange(computeResource?.bootDiskMib, 0, most, `${path}.compute_resource.boot_disk_mib`);
}

/** Zero is accepted ("any value between 0 and the maximum", task.proto); what is longer than a job may run is only cut short. */
function checkDuration(duration: string | undefined, field: string): void {
  if (duration !== undefined)
    rule(durationSeconds(duration) >= 0, field, `it must not be negative, got ${duration}`);
}

function checkLifecycle({ lifecyclePolicies = [] }: TaskSpecDefinition, path: string): void {
  const field = `${path}.lifecycle_policies`;
  rule(lifecyclePolicies.length <= 1, field, "only one lifecycle policy is supported");
  for (const policy of lifecyclePolicies) {
    rule(policy.action !== undefined, field, "an action must be specified: RETRY_TASK or FAIL_TASK");
    const codes = policy.actionCondition?.exitCodes ?? [];
    rule(codes.length > 0, field, "at least one exit code must be specified in the action condition");
  }
}

function checkVolume(volume: VolumeDefinition, path: string): void {
  rule(
    Boolean(volume.nfs || volume.gcs || volume.deviceName),
    path,
    "a source must be specified: nfs, gcs or device_name",
  );
  rule(Boolean(volume.mountPath), `${path}.mount_path`, "it must be specified");
  if (volume.gcs) {
    const { remotePath = "" } = volume.gcs;
    const isBare = remotePath !== "" && !/^(?:gs:|\/)/.test(remotePath);
    rule(isBare, `${path}.gcs.remote_path`, "it must start with the name of a bucket, without gs://");
  }
  if (volume.nfs) {
    // Both are ours: without either, nothing could be mounted.
    const { server, remotePath } = volume.nfs;
    rule(Boolean(server), `${path}.nfs.server`, "it must not be empty");
    rule(Boolean(remotePath), `${path}.nfs.remote_path`, "it must not be empty");
  }
}

/** "You must format it as a path to a secret version" (cloud.google.com/batch/docs/create-run-job-secret-manager). */
const SECRET_VERSION = /^projects\/[^/]+\/secrets\/[^/]+\/versions\/[^/]+$/;

/** That names of variables are identifiers, and secrets are versions of secrets. */
export function checkEnvironment(environment: EnvironmentDefinition | undefined, path: string): void {
  const { variables = {}, secretVariables = {} } = environment ?? {};
  for (const name of Object.keys({ ...variables, ...secretVariables })) {
    rule(VARIABLE.test(name), path, `"${name}" is not a valid name of an environment variable`);
  }
  for (const [name, secret] of Object.entries(secretVariables)) {
    rule(
      SECRET_VERSION.test(secret),
      `${path}.secret_variables`,
      `"${name}" must be projects/PROJECT/secrets/SECRET/versions/VERSION`,
    );
  }
}
