import type { Need } from "./assertion.ts";
import type { BatchRest, Fields } from "./batch-rest.ts";
import type { Answer } from "./http.ts";
import type { Machines } from "./machines.ts";
import type { ContactSettings } from "./settings.ts";
import type { StorageRest } from "./storage-rest.ts";

/** What a probe's definition may depend on. */
export interface Site {
  readonly settings: ContactSettings;
  readonly runId: string;
  readonly emulated: boolean;
  /** `BUCKET/PREFIX` of the run; null without a bucket. */
  readonly storagePath: string | null;
  /** Full name of the topic; null without Pub/Sub. */
  readonly topic: string | null;
  /** Seconds for a script or a limit: the second number beside an emulator, whose machines are there at once. */
  seconds(real: number, emulated: number): number;
}

/** Looks on while a probe's job goes its way, and may interfere. */
export interface Visit {
  readonly id: string;
  readonly site: Site;
  readonly batch: BatchRest;
  /** Preempts and deletes machines; null where there is nothing to do that with. */
  readonly storage: StorageRest | null;
  readonly machines: Machines | null;
  /** The job as it was last seen. */
  job(): unknown;
  /** Waits until a job that is read now and then is as wanted; false when it is not by the probe's own end. */
  until(wanted: (job: unknown) => boolean): Promise<boolean>;
  /** Keeps an answer with the probe's outcome. */
  keep(name: string, answer: Answer): void;
  wait(milliseconds: number): Promise<void>;
}

/** One Batch job, whose fate answers several assertions. */
export interface Probe {
  /** Kebab-case, short: a part of the job's id. */
  readonly name: string;
  /** For the list that is shown before anything starts. */
  readonly about: string;
  /** What it runs on; null when no machine is ever started. */
  readonly machine: "e2-small" | "e2-medium" | "e2-small, spot" | null;
  /** How long its machine runs, about; of the estimate. */
  readonly minutes: number;
  /** After this it is ended, whatever it is at. Minutes; 12 unless given. */
  readonly limit?: number;
  readonly needs?: readonly Need[];
  /** It asks what becomes of its image, so a container that was not started is an answer. */
  readonly asksForImage?: true;
  /** The effect of a fault rule: what an emulator must be told to do to this job, since nothing does it to it otherwise. */
  readonly staged?: Fields;
  /** What must lie in the bucket before the job begins. */
  before?(storage: StorageRest): Promise<void>;
  job(site: Site): Fields;
  /** Beside the job's id, of the request that creates it. */
  query?(id: string): Readonly<Record<string, string>>;
  visit?(visit: Visit): Promise<void>;
}

/** Dollars for an hour of each, with a boot disk of 30 GiB and an address, us-central1, 2026; spot about a third. */
const DOLLARS_AN_HOUR = { "e2-small": 0.026, "e2-medium": 0.043, "e2-small, spot": 0.014 } as const;

export const dollarsOf = ({ machine, minutes }: Probe): number =>
  machine === null ? 0 : (DOLLARS_AN_HOUR[machine] * minutes) / 60;

const NEEDS_OF_SCRIPT = { cpuMilli: "1000", memoryMib: "1024" };

interface Shape {
  readonly runnables: readonly Fields[];
  /** Merged into the task's spec. */
  readonly spec?: Fields;
  /** Merged into the task group. */
  readonly group?: Fields;
  /** Merged into the job. */
  readonly job?: Fields;
  readonly policy?: Fields;
}

/** The definition of a small job: one task on an e2-small, unless the shape says otherwise. */
export function jobOf(site: Site, { runnables, spec, group, job, policy }: Shape): Fields {
  return {
    taskGroups: [
      {
        taskCount: "1",
        ...group,
        taskSpec: {
          runnables,
          computeResource: NEEDS_OF_SCRIPT,
          maxRetryCount: 0,
          maxRunDuration: "900s",
          ...spec,
        },
      },
    ],
    logsPolicy: { destination: "CLOUD_LOGGING" },
    allocationPolicy: {
      instances: [{ policy: { machineType: "e2-small", provisioningModel: "STANDARD", ...policy } }],
      ...placeOf(site.settings),
    },
    ...job,
  };
}

function placeOf({ serviceAccount, network, subnetwork }: ContactSettings): Fields {
  return {
    ...(serviceAccount ? { serviceAccount: { email: serviceAccount } } : {}),
    ...(network || subnetwork
      ? {
          network: {
            networkInterfaces: [{ ...(network ? { network } : {}), ...(subnetwork ? { subnetwork } : {}) }],
          },
        }
      : {}),
  };
}

export const script = (text: string, more: Fields = {}): Fields => ({ script: { text }, ...more });

/** Of Google's own mirror: no account, no limit of pulls, and reachable by Private Google Access. */
export const BUSYBOX = "mirror.gcr.io/library/busybox:stable";

export const container = (command: string, more: Fields = {}, runnable: Fields = {}): Fields => ({
  container: { imageUri: BUSYBOX, entrypoint: "/bin/sh", commands: ["-c", command], ...more },
  ...runnable,
});

/** Where a probe's scripts leave what they have to say. */
export const REPORTS = "/mnt/disks/bioagent-fc";

/** A volume for reports, when there is a bucket. */
export const reportVolumes = ({ storagePath }: Site, probe: string): Fields[] =>
  storagePath === null
    ? []
    : [{ gcs: { remotePath: `${storagePath}/reports/${probe}` }, mountPath: REPORTS }];

/**
 * Shell that defines `tell KEY VALUE`: one line of the log, and one object under the reports' mount where it is there. Only
 * plain `sh` is taken for granted.
 */
export const TELL = `tell() { echo "BIOAGENT-FC $1 $2"; if [ -d ${REPORTS} ]; then printf '%s' "$2" > ${REPORTS}/$1 || true; fi; }
`;
