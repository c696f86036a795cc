import type { Observation } from "../../core/observation.ts";
import type { FailureClass } from "../../core/status.ts";

interface GaveUp {
  readonly class: FailureClass;
  readonly answered: string;
  readonly remedy: (bucket: string) => string;
}

/** Codes with which `wrapper-publish.sh` gives up. A script that ends with one of these by itself leaves a report. */
const GAVE_UP: Readonly<Record<number, GaveUp>> = {
  74: {
    class: "io",
    answered: "Storage failed again and again, or did not answer",
    remedy: (bucket) => `Is there a way from the job's network to ${bucket}?`,
  },
  77: {
    class: "permission",
    answered: "Storage answered 401 or 403, or the machine had no access token",
    remedy: (bucket) => `Give the job's service account roles/storage.objectUser on ${bucket}.`,
  },
  78: {
    class: "config",
    answered: "Storage answered 400 or 404",
    remedy: (bucket) => `Is the bucket ${bucket} there?`,
  },
};

/**
 * A failure without a report, which would lie at `record` (a gs:// address): where publishing gave up for a reason that kept the
 * report back as well, that is what went wrong. Any other failure stays as Batch told it.
 */
export function withoutRecord(seen: Observation, record: string): Observation {
  const found = seen.status === "failed" ? GAVE_UP[seen.exit_code ?? 0] : undefined;
  if (found === undefined) return seen;
  const [bucket = record] = /^gs:\/\/[^/]+/.exec(record) ?? [];
  const text = `neither the outputs nor a report could be written: ${found.answered}. ${found.remedy(bucket)}`;
  return {
    ...seen,
    verdict: found.class,
    evidence: [{ source: "executor", text }, ...(seen.evidence ?? [])],
  };
}
