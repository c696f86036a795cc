import { bytesOf, mebibytesOf, secondsOf } from "../../core/quantity.ts";
import { regionOfZone, regionProblem } from "../../core/region.ts";
import type { Resources } from "../../core/resources.ts";
import type { Hash, Submission } from "../../ports.ts";
import { attemptLabels, SPEC_LABEL } from "./attempt-labels.ts";
import type { JobRequest } from "./batch-client.ts";
import type { GcpBatchOptions } from "./batch-settings.ts";
import { MOUNT_FOLDER } from "./batch-settings.ts";
import { planMounts } from "./bucket-mounts.ts";
import { chooseMachine, LARGEST_TASK } from "./machine-types.ts";
import { DEFAULT_TIME, runnablesOf } from "./runnables.ts";

const MIB = 2 ** 20;
const HOUR = 3600;
/** Batch itself ends what runs longer. https://cloud.google.com/batch/quotas */
export const LONGEST_TIME = 14 * 24 * HOUR;
/** Beside the step's own time: pulling the image and publishing. After `maxRunDuration` not even the report would run. */
const AROUND = 2 * HOUR;
/** Work disk of a step that asks for none. */
const DEFAULT_DISK = 20 * 2 ** 30;
/** https://cloud.google.com/batch/quotas, less some room for what the wire adds. */
const LARGEST_DEFINITION = 1_000_000;

/** The job of an attempt, or why there can be none. */
export type JobPlan =
  | { readonly kind: "job"; readonly region: string; readonly job: JobRequest }
  | { readonly kind: "refused"; readonly text: string };

export type DefinitionOptions = Omit<GcpBatchOptions, "storeUid" | "readText" | "now" | "random">;

const refused = (text: string): JobPlan => ({ kind: "refused", text });

/** One Batch job for one attempt, with one task that Batch never repeats. The same submission gives the same job. */
export function planJob(options: DefinitionOptions, submission: Submission, store: string): JobPlan {
  const { resources } = submission.attempt;
  const region = regionOf(resources.zones ?? []) ?? submission.region ?? options.region;
  if (region === "several") return refused(`the zones ${resources.zones?.join(", ")} are of several regions`);
  const problem = regionProblem(region);
  if (problem !== null) return refused(problem);
  const machine = resources.machine ?? chooseMachine(resources.cpu, mebibytesOf(resources.memory))?.name;
  if (machine === undefined) return refused(tooLarge(resources));
  const mounts = planMounts(options.mountFolder ?? MOUNT_FOLDER);
  const runnables = runnablesOf(options, submission, mounts);
  if (runnables.kind === "refused") return runnables;
  const job: JobRequest = {
    taskGroups: [
      {
        taskCount: 1,
        taskSpec: {
          runnables: runnables.list,
          environment: { variables: runnables.shared },
          volumes: mounts.buckets().map((bucket) => ({
            gcs: { remotePath: bucket },
            mountPath: mounts.folderOf(bucket),
            mountOptions: ["--implicit-dirs", "-o ro,allow_other"],
          })),
          computeResource: computeResource(options, resources),
          maxRunDuration: { seconds: runSeconds(resources) },
          maxRetryCount: 0,
        },
      },
    ],
    allocationPolicy: allocation(options, resources, { machine, region }),
    logsPolicy: { destination: options.cloudLogging ? "CLOUD_LOGGING" : "DESTINATION_UNSPECIFIED" },
    notifications: notifications(options.topic),
  };
  const labels = attemptLabels(submission, store, options.labels);
  return withinSize(labelled(job, labels, options.hash), region);
}

/** Labels, and the hash of all else, on the job and on what it allocates. */
export function labelled(job: JobRequest, own: Record<string, string>, hash: Hash): JobRequest {
  const labels = { ...own, [SPEC_LABEL]: hash(JSON.stringify([job, own])).slice(0, 32) };
  return { ...job, labels, allocationPolicy: { ...job.allocationPolicy, labels } };
}

function withinSize(job: JobRequest, region: string): JobPlan {
  const bytes = Buffer.byteLength(JSON.stringify(job));
  if (bytes <= LARGEST_DEFINITION) return { kind: "job", region, job };
  return refused(
    `the job's definition has ${bytes} bytes, and Batch takes 1 MB: put a long script or sheet into a file in a bucket, and give its gs:// address in a column or parameter`,
  );
}

const tooLarge = ({ cpu, memory }: Resources): string =>
  `no machine type here has ${cpu} CPUs and ${memory} with room for the system: at most ${LARGEST_TASK.cpus} CPUs and ${LARGEST_TASK.memoryMib} MiB, or name one with \`machine\``;

/** The region that these zones are in; null for none, `several` for more than one: a job is in one. */
function regionOf(zones: readonly string[]): string | null {
  const regions = new Set(zones.map(regionOfZone));
  const [region = null] = regions;
  return regions.size > 1 ? "several" : region;
}

const computeResource = ({ imageAllowanceBytes }: DefinitionOptions, { cpu, memory, disk }: Resources) => ({
  cpuMilli: Math.round(cpu * 1000),
  memoryMib: mebibytesOf(memory),
  bootDiskMib: Math.ceil((imageAllowanceBytes + (disk === undefined ? DEFAULT_DISK : bytesOf(disk))) / MIB),
});

const runSeconds = ({ time }: Resources): number =>
  Math.min(LONGEST_TIME, (time === undefined ? DEFAULT_TIME : Math.ceil(secondsOf(time))) + AROUND);

/** Where the job's machine is, which, in what network, and as whom. */
export function allocation(
  options: DefinitionOptions,
  resources: Pick<Resources, "zones" | "spot">,
  { machine, region }: { machine: string; region: string },
): NonNullable<JobRequest["allocationPolicy"]> {
  const zones = resources.zones ?? (region === options.region ? options.zones : []);
  const places =
    zones.length > 0 ? zones.map((zone) => `zones/${zone.replace(/^zones\//, "")}`) : [`regions/${region}`];
  const provisioningModel = resources.spot ? ("SPOT" as const) : ("STANDARD" as const);
  return {
    location: { allowedLocations: places },
    instances: [{ policy: { machineType: machine, provisioningModel } }],
    network: networkOf(options, region),
    ...(options.serviceAccount === null ? {} : { serviceAccount: { email: options.serviceAccount } }),
  };
}

/** Without external addresses Batch wants both named: then the project's default network is meant where none is set. */
function networkOf(
  { project, region: home, network, subnetwork, externalIp }: DefinitionOptions,
  region: string,
): NonNullable<NonNullable<JobRequest["allocationPolicy"]>["network"]> {
  if (externalIp && network === null && subnetwork === null) return {};
  // A job in another region needs the subnetwork there; those of one network commonly have one name.
  const below = subnetwork?.replace(`regions/${home}/`, `regions/${region}/`);
  return {
    networkInterfaces: [
      {
        network: network ?? `projects/${project}/global/networks/default`,
        subnetwork: below ?? `projects/${project}/regions/${region}/subnetworks/default`,
        noExternalIpAddress: !externalIp,
      },
    ],
  };
}

/** Ends only: each message makes the monitor look, and a job has three changes of state before its end. */
const notifications = (topic: string | null): NonNullable<JobRequest["notifications"]> =>
  topic === null
    ? []
    : (["SUCCEEDED", "FAILED"] as const).map((newJobState) => ({
        pubsubTopic: topic,
        message: { type: "JOB_STATE_CHANGED" as const, newJobState },
      }));
