import { ATTEMPT_LABEL, STORE_LABEL } from "./attempt-labels.ts";
import type { BatchClient, JobPage } from "./batch-client.ts";
import { BatchError } from "./batch-error.ts";
import { readSeenJob, type SeenJob, withoutDefinition } from "./seen-job.ts";

/** The largest page; the service's own limit is not documented, so the token is followed whatever it is. */
export const PAGE = 500;

const OPEN = ["QUEUED", "SCHEDULED", "RUNNING", "CANCELLATION_IN_PROGRESS", "DELETION_IN_PROGRESS"]
  .map((state) => `status.state="${state}"`)
  .join(" OR ");

/** The listings of one store's jobs in one region. Both throw a `BatchError`. */
export interface JobLists {
  /** All that are open, without their definitions, and how many pages they took. */
  open(): Promise<{ readonly jobs: SeenJob[]; readonly pages: number }>;
  /** Those of these attempts, in whatever state, whole. */
  byAttempt(ids: readonly string[]): Promise<SeenJob[]>;
}

export interface ListOptions {
  readonly client: BatchClient;
  /** `projects/P/locations/R`. */
  readonly parent: string;
  /** The store's label. */
  readonly store: () => Promise<string>;
}

export function jobLists({ client, parent, store }: ListOptions): JobLists {
  let takesMask = true;
  const page = async (filter: string, pageToken: string, brief: boolean): Promise<JobPage> => {
    const request = { parent, filter, pageSize: PAGE, pageToken };
    const withMask = brief && takesMask;
    try {
      return await client.list({ ...request, brief: withMask });
    } catch (error) {
      // A field mask is honoured, ignored or refused; where it is refused it is left out from then on.
      if (!withMask || !(error instanceof BatchError) || error.kind !== "invalid") throw error;
      takesMask = false;
      return client.list({ ...request, brief: false });
    }
  };
  const list = async (condition: string, brief: boolean) => {
    const filter = `labels."${STORE_LABEL}" = "${await store()}" AND (${condition})`;
    const jobs: SeenJob[] = [];
    let pageToken = "";
    for (let pages = 1; ; pages++) {
      const { jobs: documents, nextPageToken, unreachable } = await page(filter, pageToken, brief);
      if (unreachable.length > 0) throw notReached(parent, unreachable);
      for (const document of documents) {
        const job = readSeenJob(brief ? withoutDefinition(document) : document);
        if (job) jobs.push(job);
      }
      if (nextPageToken === "") return { jobs, pages };
      pageToken = nextPageToken;
    }
  };
  return {
    open: () => list(OPEN, true),
    byAttempt: async (ids) => {
      const wanted = ids.map((id) => `labels."${ATTEMPT_LABEL}" = "${id}"`).join(" OR ");
      return (await list(wanted, false)).jobs;
    },
  };
}

const notReached = (parent: string, locations: readonly string[]): BatchError =>
  new BatchError(
    `listing the jobs of ${parent}`,
    { kind: "unavailable", text: `UNAVAILABLE: could not reach ${locations.join(", ")}` },
    null,
  );
