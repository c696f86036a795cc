import type { JobRecord, JobState, TaskState } from "../model.ts";

/*
 * The service's own words, after facts/batch.md 1.4 and the documents beside it. What matters to a reader is the number in
 * "with exit code N"; the words around it have changed before and are kept as they were last seen.
 */

/** Resource name with the project's number: event texts and task names use it, whatever the caller used. */
export const numberedName = (record: JobRecord): string =>
  `projects/${record.projectNumber}/locations/${record.location}/jobs/${record.id}`;

/** Why a task failed, for the codes that Batch reserves (real events say "Spot VM preemption", the manual "Spot Preemption"). */
export const RESERVED_REASONS: Readonly<Record<number, string>> = {
  50001: "Spot VM preemption",
  50002: "Batch no longer receives VM updates",
  50003: "VM is rebooted during task execution",
  50004: "tasks cannot be canceled",
  50005: "task runs over the maximum runtime",
  50006: "VM is recreated during task execution",
};

/** `where` is `zones/ZONE/instances/NUMBER`. */
export function taskEventText(
  from: TaskState,
  to: TaskState,
  where: string,
  exitCode: number | null,
): string {
  const moved = `Task state is updated from ${from} to ${to} on ${where}`;
  if (exitCode === null) return moved;
  const reason = RESERVED_REASONS[exitCode];
  return `${moved}${reason === undefined ? "" : ` due to ${reason}`} with exit code ${exitCode}.`;
}

export const jobEventText = (record: JobRecord, from: JobState, to: JobState): string =>
  `Job state is set from ${from} to ${to} for job ${numberedName(record)}.`;

/** What follows a job's FAILED event, without a space between: that is how the service writes it. */
export const taskFailureText = (index: number, taskEvent: string): string =>
  `Job failed due to task failure. Specifically, task with index ${index} failed due to the following task event: "${taskEvent}"`;

/** Real wording: nf-core users' logs of 2024 (facts/batch.md 1.3: `OPERATIONAL_INFO` is noise, not a failure). */
const groupError = (code: string, instance: string, said: string): string =>
  `VM in Managed Instance Group meets error: Batch Error: code - ${code}, description - error count is 1, latest message example: Instance '${instance}' creation failed: ${said}`;

export const quotaText = (instance: string, quota: string, limit: string, region: string): string =>
  groupError(
    "CODE_GCE_QUOTA_EXCEEDED",
    instance,
    `Quota '${quota}' exceeded.  Limit: ${limit} in region ${region}`,
  );

export const stockOutText = (instance: string, project: string, zone: string): string =>
  groupError(
    "CODE_GCE_ZONE_RESOURCE_POOL_EXHAUSTED",
    instance,
    `The zone 'projects/${project}/zones/${zone}' does not have enough resources available to fulfill the request.  Try a different zone, or try again later.`,
  );

/** Official template: the job failed before any task existed. */
export const noAgentText = (instance: string, started: string): string =>
  `No VM has agent reporting correctly within time window 1080 seconds, VM state for instance ${instance} is ${started},agent,start`;

/**
 * Why a job has no machine. The words are the service's own for a type that there is not (broadinstitute/cromwell 7547), with one
 * zone; that several are joined by commas, and that a zone that there is not reads the same, is ours.
 */
export const noMachineText = (record: JobRecord, machineType: string, zones: readonly string[]): string =>
  `Job failed when Batch tries to schedule it: Batch Error: code - CODE_MACHINE_TYPE_NOT_FOUND, description - machine type ${machineType} for job ${record.id}, project ${record.projectNumber}, region ${record.location}, zones (if any) ${zones.join(",")} is not available.`;
