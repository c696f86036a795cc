import type { JobRecord } from "../model.ts";
import { cpusOf, isMachineType } from "./machine-types.ts";
import type { TaskGroup, TaskSpec } from "./task-spec.ts";
import { zonesOf } from "./zones.ts";

/** What the engine reads from a job's specification, once. */
export interface Shape {
  readonly group: TaskGroup;
  readonly spec: TaskSpec;
  readonly taskCount: number;
  /** How many tasks may run at once. */
  readonly parallelism: number;
  /** Those in which machines may be made; empty: none of the zones asked for exists. */
  readonly zones: readonly string[];
  /** Those that were asked for by name. */
  readonly askedZones: readonly string[];
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
  const askedZones = namedZones(policy);
  return {
    group,
    spec: group.taskSpec,
    taskCount,
    parallelism,
    zones: zonesOf(record.location).filter((zone) => askedZones.length === 0 || askedZones.includes(zone)),
    askedZones,
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

const namedZones = ({ location }: AllocationPolicy): string[] =>
  (location?.allowedLocations ?? [])
    .filter((place) => place.startsWith("zones/"))
    .map((place) => place.slice("zones/".length));

/** Whether a machine can be made for the job at all: of a type that there is, in a zone that there is. */
export const isPlaceable = ({ machineType, zones }: Shape): boolean =>
  zones.length > 0 && isMachineType(machineType);

/** How many tasks fit on one machine by processors. */
function taskPack(machineType: string, spec: TaskSpec, parallelism: number): number {
  const fitting = Math.floor((cpusOf(machineType) * 1000) / Number(spec.computeResource?.cpuMilli ?? "2000"));
  return Math.max(1, Math.min(fitting, parallelism));
}
