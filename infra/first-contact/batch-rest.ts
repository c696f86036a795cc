import { ContactError } from "./contact-error.ts";
import { type Answer, type Http, isOk } from "./http.ts";
import { lastPart, textAt } from "./json.ts";
import { type ContactSettings, LABEL, MOST_JOBS } from "./settings.ts";

type Query = Readonly<Record<string, string | number | undefined>>;
export type Fields = Readonly<Record<string, unknown>>;

/** The Batch API, asked by REST, so that answers are kept as they came. Every job gets the run's label. */
export interface BatchRest {
  /** `id` null: the service shall find one. What was made is remembered, to be deleted. */
  create(id: string | null, job: Fields, query?: Query): Promise<Answer>;
  get(id: string, query?: Query): Promise<Answer>;
  /** Of the region, or of `location`. */
  list(query?: Query, location?: string): Promise<Answer>;
  remove(id: string, query?: Query): Promise<Answer>;
  cancel(id: string, body?: Fields): Promise<Answer>;
  tasks(id: string, query?: Query): Promise<Answer>;
  task(id: string, index: number): Promise<Answer>;
  /** Of an emulator only: what shall happen to a job that is to be created. */
  stage(id: string, effect: Fields): Promise<Answer>;
  /** Any path under the endpoint. */
  ask(path: string, query?: Query): Promise<Answer>;
  readonly parent: string;
  readonly runId: string;
  /** Ids of the jobs that were made. */
  readonly made: ReadonlySet<string>;
}

export function createBatchRest(http: Http, settings: ContactSettings, runId: string): BatchRest {
  const base = settings.endpoints.batch;
  const parent = `projects/${settings.project}/locations/${settings.region}`;
  const made = new Set<string>();
  const job = (id: string): string => `/v1/${parent}/jobs/${encodeURIComponent(id)}`;
  const get = (path: string, query: Query = {}) => http({ base, method: "GET", path, query });
  return {
    parent,
    runId,
    made,
    async create(id, definition, query = {}) {
      if (made.size >= MOST_JOBS)
        throw new ContactError(`more than ${MOST_JOBS} jobs were about to be made; stopped.`);
      const body = labelled(definition, runId);
      const jobId = id ?? undefined;
      // Remembered before the question: an answer that gets lost must not leave a job behind.
      if (id !== null) made.add(id);
      const asked = { jobId, ...query };
      const answer = await http({ base, method: "POST", path: `/v1/${parent}/jobs`, query: asked, body });
      if (isOk(answer)) made.add(lastPart(textAt(answer.body, "name")));
      else if (id !== null && answer.status === 400) made.delete(id);
      return answer;
    },
    get: (id, query) => get(job(id), query),
    list: (query, location = settings.region) =>
      get(`/v1/projects/${settings.project}/locations/${location}/jobs`, query),
    remove: (id, query = {}) => http({ base, method: "DELETE", path: job(id), query }),
    cancel: (id, body = {}) => http({ base, method: "POST", path: `${job(id)}:cancel`, body }),
    tasks: (id, query) => get(`${job(id)}/taskGroups/group0/tasks`, query),
    task: (id, index) => get(`${job(id)}/taskGroups/group0/tasks/${index}`),
    stage: (id, effect) =>
      http({
        base,
        method: "POST",
        path: "/control/faults",
        body: { rules: [{ match: { job: id }, effect }] },
      }),
    ask: get,
  };
}

/** On the job, and on its machines and disks: `Job.labels` do not reach those. */
function labelled(job: Fields, runId: string): Fields {
  const policy = (job["allocationPolicy"] ?? {}) as Fields;
  const mark = { [LABEL]: runId };
  return {
    ...job,
    labels: { ...(job["labels"] as Fields | undefined), ...mark },
    allocationPolicy: { ...policy, labels: { ...(policy["labels"] as Fields | undefined), ...mark } },
  };
}
