import { formatDuration, formatSize } from "../../core/quantity.ts";
import type { Resources } from "../../core/resources.ts";
import type { Job } from "./document-shapes.ts";
import { isSpot } from "./state-words.ts";

const MIB = 2 ** 20;
const GIB = 2 ** 30;

/** What the job asks for: its only task group, and the first policy for its machines. */
export function resourcesOf(job: Job): Partial<Resources> {
  const spec = job.taskGroups?.[0]?.taskSpec;
  const asked = spec?.computeResource;
  const policy = job.allocationPolicy?.instances?.[0]?.policy;
  const zones = (job.allocationPolicy?.location?.allowedLocations ?? []).flatMap(
    (place) => /^zones\/(.{1,100})$/.exec(place)?.[1] ?? [],
  );
  const disk = positive(asked?.bootDiskMib, MIB) ?? positive(policy?.bootDisk?.sizeGb, GIB);
  const memory = positive(asked?.memoryMib, MIB);
  const spot = spotOf(job);
  const cpu = (asked?.cpuMilli ?? 0) / 1000;
  return {
    ...(cpu > 0 && cpu <= 1024 ? { cpu } : {}),
    ...(memory ? { memory: formatSize(memory) } : {}),
    ...(disk ? { disk: formatSize(disk) } : {}),
    ...(spec?.maxRunDuration ? { time: formatDuration(spec.maxRunDuration) } : {}),
    ...(spot === null ? {} : { spot }),
    ...(policy?.machineType ? { machine: policy.machineType.slice(0, 100) } : {}),
    ...(zones.length > 0 ? { zones: zones.slice(0, 20) } : {}),
  };
}

/** Sizes that no machine has are no sizes. */
const positive = (amount: number | null | undefined, unit: number): number | null =>
  amount && amount > 0 && amount < 2 ** 22 ? amount * unit : null;

/** Asked for, or what the machines that came were. */
export function spotOf(job: Job): boolean | null {
  const asked = isSpot(job.allocationPolicy?.instances?.[0]?.policy?.provisioningModel);
  if (asked !== null) return asked;
  const came = Object.values(job.status?.taskGroups ?? {}).flatMap((group) => group.instances ?? []);
  return came.map((instance) => isSpot(instance.provisioningModel)).find((spot) => spot !== null) ?? null;
}

/** Whether it is known that no container is involved. */
export function scriptsOnly(job: Job): boolean {
  const runnables = job.taskGroups?.[0]?.taskSpec?.runnables ?? [];
  return (
    runnables.length > 0 &&
    runnables.every((runnable) => runnable.container === undefined || runnable.container === null)
  );
}
