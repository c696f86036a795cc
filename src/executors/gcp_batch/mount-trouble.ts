import type { Evidence } from "../../core/job.ts";
import type { Observation } from "../../core/observation.ts";
import type { FailureClass } from "../../core/status.ts";
import { AdapterError } from "../../ports.ts";
import type { GcpBatchOptions } from "./batch-settings.ts";
import type { Task } from "./document-shapes.ts";
import { textOf } from "./event-facts.ts";
import type { SeenJob } from "./seen-job.ts";

/** What was found of a bucket that cannot be read: the words of `Files`, and what they are called there. */
interface Refusal {
  readonly code: string;
  readonly text: string;
}

/** Null where the bucket can be read, and where that cannot be told now. */
export type LookAtBucket = (bucket: string) => Promise<Refusal | null>;

/** Each bucket is looked at once, however many jobs failed for it. */
export function lookAtBuckets(readText: GcpBatchOptions["readText"]): LookAtBucket {
  const looks = new Map<string, Promise<Refusal | null>>();
  return (bucket) => {
    const look = looks.get(bucket) ?? lookAt(readText, bucket);
    looks.set(bucket, look);
    return look;
  };
}

/** `AdapterError.code` of what no waiting mends. */
const CLASS_OF: Readonly<Record<string, FailureClass>> = {
  no_bucket: "config",
  refused: "config",
  permission: "permission",
};

/** An object that nobody makes: null says that the bucket is there and can be read. */
async function lookAt(readText: GcpBatchOptions["readText"], bucket: string): Promise<Refusal | null> {
  try {
    await readText(`gs://${bucket}/.bioagent-probe`);
    return null;
  } catch (error) {
    const isAnswer = error instanceof AdapterError && CLASS_OF[error.code] !== undefined;
    return isAnswer ? { code: error.code, text: error.message } : null;
  }
}

/** What a task ends with that failed for none of the known reasons (task.proto, TaskExecution): mounting is not among those. */
const NO_KNOWN_REASON = 50000;
const MOUNTING =
  /\bgcsfuse\b|(?:fail\w*|could not|cannot|unable)\b.{0,40}\bmount|\bmount(?:ing)?\b.{0,40}\bfail/i;

/**
 * A failure as Batch told it; where the machine may not have got its buckets, with the bucket that it could not get. One that
 * only this account may not read, and perhaps never could, is named and changes nothing else: the job's account is another.
 */
export async function withMountTrouble(
  seen: Observation,
  { job, tasks }: { readonly job: SeenJob; readonly tasks: readonly Task[] | null },
  look: LookAtBucket,
): Promise<Observation> {
  if (seen.verdict || !mayBeMounting(seen, job, tasks ?? [])) return seen;
  const mounts = mountsOf(job);
  const refusals = await Promise.all(mounts.map(({ bucket }) => look(bucket)));
  const found = mounts.flatMap((mount, at) => (refusals[at] ? [{ ...mount, ...refusals[at] }] : []));
  const cause =
    found.find(({ code }) => code !== "permission") ?? found.find(({ wasReadable }) => wasReadable);
  const others = seen.evidence ?? [];
  if (cause === undefined) return { ...seen, evidence: [...others, ...found.map(evidenceOf)] };
  return { ...seen, verdict: CLASS_OF[cause.code]!, evidence: [evidenceOf(cause), ...others] };
}

function mayBeMounting(seen: Observation, { job }: SeenJob, tasks: readonly Task[]): boolean {
  const events = [job.status, ...tasks.map(({ status }) => status)].flatMap(
    (status) => status?.statusEvents ?? [],
  );
  return seen.exit_code === NO_KNOWN_REASON || events.some((event) => MOUNTING.test(textOf(event)));
}

const evidenceOf = ({ bucket, text }: Mount & Refusal): Evidence => ({
  source: "executor",
  text: `the job mounts gs://${bucket}, which cannot be read from here: ${text}`,
});

interface Mount {
  readonly bucket: string;
  /** The input and the output of a run are looked at from here before it starts. */
  readonly wasReadable: boolean;
}

function mountsOf({ job, record }: SeenJob): Mount[] {
  const { volumes, runnables } = job.taskGroups?.[0]?.taskSpec ?? {};
  const inputs = (runnables ?? []).flatMap(({ environment }) => environment?.variables?.["INPUT_DIR"] ?? []);
  return (volumes ?? []).flatMap(({ gcs, mountPath }) => {
    const bucket = gcs?.remotePath?.split("/")[0];
    if (!bucket) return [];
    const isInput = inputs.some((path) => `${path}/`.startsWith(`${mountPath}/`));
    return [{ bucket, wasReadable: isInput || record?.startsWith(`gs://${bucket}/`) === true }];
  });
}
