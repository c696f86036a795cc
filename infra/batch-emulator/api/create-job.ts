import { ApiError, type BatchJob, type Chance, type Engine, type JobRecord } from "../model.ts";
import type { AllocationPolicyDefinition, JobDefinition } from "../validate/definition.ts";
import { checkedJob } from "../validate/job.ts";
import { withGroupDefaults } from "../validate/task-group.ts";
import { checkedRequestId, checkJobId, generatedJobId, generatedUid } from "./identity.ts";
import type { Instants } from "./instants.ts";
import type { JobBook } from "./job-book.ts";
import { type JobName, numberedJobName, type Place, projectNumber } from "./names.ts";

export interface CreateJobRequest {
  readonly parent: string;
  /** Generated when it is missing or empty. */
  readonly jobId?: string | undefined;
  readonly requestId?: string | undefined;
  /** A Job in JSON form, not checked yet. */
  readonly job: unknown;
}

/** Not known yet: the engine says from when the tasks can be seen. */
const NOT_YET = Number.MAX_SAFE_INTEGER;

export interface CreateParts {
  readonly book: JobBook;
  readonly engine: Engine;
  readonly chance: Chance;
  readonly instants: Instants;
}

/** A new job, or the one that this request created before. */
export function createJob(deps: CreateParts, place: Place, request: CreateJobRequest): BatchJob {
  const { book, engine, chance, instants } = deps;
  const requestId = checkedRequestId(request.requestId);
  const earlier = requestId === null ? null : book.createdBy(place, requestId);
  if (earlier) return earlier.job;
  if (request.jobId) checkJobId(request.jobId);
  const definition = checkedJob(request.job, place.location);
  const name = { ...place, id: request.jobId || generatedJobId(chance) };
  if (book.find(name)) throw alreadyExists(name);
  const job = freshJob(name, definition, { uid: generatedUid(chance, name.id), createTime: instants() });
  const record = recordOf(name, requestId, job);
  book.add(record);
  engine.admit(record);
  return record.job;
}

/** The service's own text (nextflow-io/nextflow 6916). */
const alreadyExists = (name: JobName): ApiError =>
  new ApiError(6, `Resource "${numberedJobName(name)}" already exists`);

const recordOf = (name: JobName, requestId: string | null, job: BatchJob): JobRecord => ({
  ...name,
  projectNumber: projectNumber(name.project),
  job,
  tasks: [],
  tasksVisibleAt: NOT_YET,
  requestId,
  engine: {},
});

/** As `CreateJob` answers (fixture describe-submit-response-queued.json): no events, no task groups in the status. */
function freshJob(
  name: JobName,
  definition: JobDefinition,
  { uid, createTime }: { readonly uid: string; readonly createTime: string },
): BatchJob {
  const [group] = definition.taskGroups!;
  const job = {
    name: `projects/${name.project}/locations/${name.location}/jobs/${name.id}`,
    uid,
    ...definition,
    taskGroups: [withGroupDefaults(group!, `${numberedJobName(name)}/taskGroups/group0`)],
    allocationPolicy: withPredefinedLabel(definition.allocationPolicy, name.id),
    status: { state: "QUEUED", runDuration: "0s" },
    createTime,
    updateTime: createTime,
  };
  return job as unknown as BatchJob;
}

const withPredefinedLabel = (policy: AllocationPolicyDefinition | undefined, id: string) => ({
  ...policy,
  labels: { ...policy?.labels, "batch-job-id": id },
});
