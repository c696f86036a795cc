import { type JobRecord, type Records, recordKey } from "../model.ts";
import { type JobName, notFound, numberedJobName, type Place, projectNumber } from "./names.ts";

/**
 * The jobs by name and by the request that created them. A request is known as long as its job, which is longer than the
 * 60 minutes that the service guarantees.
 */
export class JobBook {
  readonly #records: Records;
  /** By project number, what the project was called where jobs were created. */
  readonly #aliases = new Map<string, Set<string>>();
  readonly #byRequest = new Map<string, JobRecord>();

  constructor(records: Records) {
    this.#records = records;
    for (const record of records.jobs.values()) this.#note(record);
  }

  add(record: JobRecord): void {
    this.#records.jobs.set(keyOf(record), record);
    this.#note(record);
    this.#records.touch();
  }

  /** A job by the project's id or number, or null. */
  find({ project, location, id }: JobName): JobRecord | null {
    const aliases = this.#aliases.get(projectNumber(project)) ?? [];
    for (const alias of [project, ...aliases]) {
      const record = this.#records.jobs.get(recordKey(alias, location, id));
      if (record) return record;
    }
    return null;
  }

  /** The same, or 404. */
  get(name: JobName): JobRecord {
    const record = this.find(name);
    if (!record) throw notFound(numberedJobName(name));
    return record;
  }

  /** The job that this request created here before, unless it is gone. */
  createdBy(place: Place, requestId: string): JobRecord | null {
    const key = requestKey(projectNumber(place.project), place.location, requestId);
    const record = this.#byRequest.get(key);
    if (!record) return null;
    if (this.#records.jobs.get(keyOf(record)) === record) return record;
    this.#byRequest.delete(key);
    return null;
  }

  /** Those of a project in a location, or in all with `-`. */
  *in({ project, location }: Place): Generator<JobRecord> {
    const number = projectNumber(project);
    for (const record of this.#records.jobs.values()) {
      if (record.projectNumber === number && (location === "-" || record.location === location)) yield record;
    }
  }

  #note(record: JobRecord): void {
    const aliases = this.#aliases.get(record.projectNumber) ?? new Set();
    this.#aliases.set(record.projectNumber, aliases.add(record.project));
    if (record.requestId === null) return;
    this.#byRequest.set(requestKey(record.projectNumber, record.location, record.requestId), record);
  }
}

const keyOf = (record: JobRecord): string => recordKey(record.project, record.location, record.id);
const requestKey = (number: string, location: string, requestId: string): string =>
  `${number}/${location}/${requestId}`;
