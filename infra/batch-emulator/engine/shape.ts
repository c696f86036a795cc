import type { JobRecord } from "../model.ts";
import type { TaskGroup, TaskSpec } from "./task-spec.ts";

/** What the engine reads from a job's specification, once. */
export interface Shape {
  readonly group: TaskGroup;
  readonly spec: TaskSpec;
  readonly taskCount: number;
  /** How many tasks may run at once. */
  readonly parallelism: number;
  readonly zones: readonly string[];
  readonly machineType: string;
  readonly provisioningModel: string;
  readonly taskPack: number;
}

interface AllocationPolicy {
  location?: { allowedLocations?: string[] };
  instances?: { policy?: { machineType?: string; provisioningModel?: string } }[];
}

export function shapeOf(record: JobRecord): Shape {
  const group = record.job.taskGroups[0] as unknown as TaskGroup;
  const taskCount = Math.max(1, Number(group.taskCount ?? "1"), group.taskEnvironments?.length ?? 0);
  const inOrder = group.schedulingPolicy === "IN_ORDER";
  const asked = Number(group.parallelism ?? "0");
  const parallelism = inOrder ? 1 : Math.min(taskCount, asked > 0 ? asked : taskCount);
  const policy = (record.job["allocationPolicy"] ?? {}) as AllocationPolicy;
  const machine = policy.instances?.[0]?.policy ?? {};
  const machineType = machine.machineType ?? smallestMachine(group.taskSpec);
  return {
    group,
    spec: group.taskSpec,
    taskCount,
    parallelism,
    zones: allowedZones(policy, record.location),
    machineType,
    provisioningModel: machine.provisioningModel ?? "STANDARD",
    taskPack: taskPack(machineType, group.taskSpec, parallelism),
  };
}

/** Without a machine type Batch chooses one from the compute resource; which, is not documented. */
function smallestMachine(spec: TaskSpec): string {
  const cpus = Number(spec.computeResource?.cpuMilli ?? "2000") / 1000;
  return `e2-standard-${[2, 4, 8, 16, 32].find((size) => size >= cpus) ?? 32}`;
}

function allowedZones(policy: AllocationPolicy, location: string): string[] {
  const named = (policy.location?.allowedLocations ?? [])
    .filter((place) => place.startsWith("zones/"))
    .map((place) => place.slice("zones/".length));
  return named.length > 0 ? named : ["a", "b", "c"].map((letter) => `${location}-${letter}`);
}

/** How many tasks fit on one machine by processors; the machine's name ends with their number. */
function taskPack(machineType: string, spec: TaskSpec, parallelism: number): number {
  const cpus = Number(/-(\d+)$/.exec(machineType)?.[1] ?? "2");
  const fitting = Math.floor((cpus * 1000) / Number(spec.computeResource?.cpuMilli ?? "2000"));
  return Math.max(1, Math.min(fitting, parallelism));
}
