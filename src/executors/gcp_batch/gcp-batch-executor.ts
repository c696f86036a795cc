import { setTimeout as wait } from "node:timers/promises";
import type { Capacity, Executor } from "../../ports.ts";
import { labelValue } from "./attempt-labels.ts";
import { type BatchClient, openBatchClient } from "./batch-client.ts";
import { type BatchContext, batchContext } from "./batch-context.ts";
import type { GcpBatchOptions } from "./batch-settings.ts";
import { type CallCounts, countCalls } from "./call-counts.ts";
import { cancelAttempts } from "./cancel-attempts.ts";
import { openCloudLogging } from "./cloud-logging.ts";
import { LONGEST_TIME } from "./job-definition.ts";
import { LARGEST_TASK } from "./machine-types.ts";
import { observeAttempts, regionOf } from "./observe-attempts.ts";
import { sweepOrphans } from "./orphans.ts";
import { readLog } from "./read-log.ts";
import { DEFAULT_TIME } from "./runnables.ts";
import { submitAttempts } from "./submit-attempts.ts";

/** The executor, with what only this kind has. */
export interface GcpBatchExecutor extends Executor {
  readonly kind: "gcp_batch";
  /** Calls made since it was opened. */
  callCounts(): CallCounts;
}

/** Seconds between two looks of somebody who waits. */
const RHYTHM = 5;
const TIB = 2 ** 40;

/** Runs attempts as jobs of Google Cloud Batch, one for each, and reads how they stand from as few calls as can be. */
export function openGcpBatchExecutor(options: GcpBatchOptions): GcpBatchExecutor {
  const counter = countCalls();
  const client = openBatchClient({ project: options.project, emulator: options.emulator, counter });
  return executorOver(client, options, counter.read);
}

/** The executor over a client that is open already. */
export function executorOver(
  client: BatchClient,
  options: GcpBatchOptions,
  callCounts: () => CallCounts,
): GcpBatchExecutor {
  const context = batchContext(options, client, labelValue);
  const logging =
    options.cloudLogging && (options.emulator === null || options.loggingEndpoint)
      ? openCloudLogging({ project: options.project, endpoint: options.loggingEndpoint })
      : null;
  return {
    kind: "gcp_batch",
    capacity: async () => capacityOf(options),
    submit: (submissions) => submitAttempts(context, submissions),
    observe: (attempts) => observeAttempts(context, attempts),
    cancel: (attempts) => cancelAttempts(context, attempts),
    log: (ref, request) => readLog(context, logging, ref, request),
    forget: async () => {}, // Batch keeps its records for 60 days, and ours stand with the outputs
    changed: (signal) => nextLook(context, signal),
    callCounts,
    sweep: (live) => sweepOrphans(context, live),
    hint: (ref) => context.view(regionOf(context, ref)).stale(ref.attempt.id),
  };
}

/** Nothing tells a process that waits; whoever waited so long wants to see what is then. */
async function nextLook(context: BatchContext, signal: AbortSignal): Promise<void> {
  const { options } = context;
  const milliseconds = RHYTHM * 1000 * (1 + options.random() / 10);
  await wait(milliseconds, undefined, { signal }).catch(() => {});
  context.stale();
}

function capacityOf({ imageAllowanceBytes }: GcpBatchOptions): Capacity {
  return {
    largest: {
      cpu: LARGEST_TASK.cpus,
      memory: LARGEST_TASK.memoryMib * 2 ** 20,
      // https://cloud.google.com/compute/docs/disks: the largest persistent disk.
      disk: 64 * TIB - imageAllowanceBytes,
      time: LONGEST_TIME,
    },
    free: null,
    notes: [`a step without \`time\` is ended after ${DEFAULT_TIME / 3600} h`],
  };
}
