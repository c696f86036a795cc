import {
  ApiError,
  type Chance,
  type Engine,
  type JobRecord,
  type OperationRecord,
  type Records,
} from "../model.ts";
import { checkedRequestId, generatedOperationId } from "./identity.ts";
import type { Instants } from "./instants.ts";
import type { JobBook } from "./job-book.ts";
import { type JobName, notFound, type Place, parseJobName, projectNumber } from "./names.ts";
import { type PageRequest, pageOf } from "./page.ts";

const FINAL = new Set(["SUCCEEDED", "FAILED", "CANCELLED"]);
const MOST_KEPT = 10_000;
const RESPONSES = {
  cancel: { "@type": "type.googleapis.com/google.cloud.batch.v1.CancelJobResponse" },
  delete: { "@type": "type.googleapis.com/google.protobuf.Empty" },
} as const;

type Verb = keyof typeof RESPONSES;

export interface OperationParts {
  readonly records: Records;
  readonly book: JobBook;
  readonly engine: Engine;
  readonly chance: Chance;
  readonly instants: Instants;
}

/** The long-running operations of cancelling and deleting. */
export class Operations {
  readonly #records: Records;
  readonly #book: JobBook;
  readonly #engine: Engine;
  readonly #chance: Chance;
  readonly #instants: Instants;
  /** By verb, job and `requestId`: a repeated request is answered with its operation. Forgotten by a restart. */
  readonly #byRequest = new Map<string, string>();

  constructor(deps: OperationParts) {
    this.#records = deps.records;
    this.#book = deps.book;
    this.#engine = deps.engine;
    this.#chance = deps.chance;
    this.#instants = deps.instants;
  }

  /** Accepted for a job that ended already; refused while one is being cancelled (broadinstitute/cromwell meets both). */
  cancel(name: JobName, requestId: string | undefined): OperationRecord {
    return this.#once("cancel", name, requestId, (record) => {
      const { state } = record.job.status;
      if (state === "CANCELLATION_IN_PROGRESS" || state === "DELETION_IN_PROGRESS") {
        throw new ApiError(9, `Job ${record.job.name} is in state ${state} and cannot be cancelled`);
      }
      const operation = this.#begin("cancel", record);
      if (FINAL.has(state)) this.#finish(operation, "cancel");
      else this.#engine.cancel(record, () => this.#finish(operation, "cancel"));
      return operation;
    });
  }

  /** Ends what runs and forgets the job. Of a job that is being deleted: the operation that is at it. */
  remove(name: JobName, requestId: string | undefined): OperationRecord {
    return this.#once("delete", name, requestId, (record) => {
      const running = record.job.status.state === "DELETION_IN_PROGRESS" ? this.#deleting(record) : null;
      if (running) return running;
      const operation = this.#begin("delete", record);
      this.#engine.remove(record, () => this.#finish(operation, "delete"));
      return operation;
    });
  }

  get(name: string): OperationRecord {
    const operation = this.#records.operations.get(name);
    if (!operation) throw notFound(name);
    return this.#settled(operation);
  }

  list(place: Place, request: PageRequest): { operations?: OperationRecord[]; nextPageToken?: string } {
    const prefix = `projects/${place.project}/locations/${place.location}/operations/`;
    const all = [...this.#records.operations.values()].filter(({ name }) => name.startsWith(prefix));
    const names = all.map(({ name }) => name);
    const page = pageOf(
      request,
      ["operations", prefix],
      (after) => all.slice(after ? names.indexOf(after[0]!) + 1 : 0),
      ({ name }) => [name],
    );
    return {
      ...(page.items.length > 0
        ? { operations: page.items.map((operation) => this.#settled(operation)) }
        : {}),
      ...(page.nextPageToken ? { nextPageToken: page.nextPageToken } : {}),
    };
  }

  /** Forgets the operation; what it does goes on. */
  forget(name: string): void {
    if (!this.#records.operations.delete(name)) throw notFound(name);
    this.#records.touch();
  }

  /** Noted on the operation; as its documentation says, success is not guaranteed. */
  requestCancellation(name: string): void {
    const operation = this.get(name);
    if (operation.done) return;
    operation.metadata["requestedCancellation"] = true;
    this.#records.touch();
  }

  #once(
    verb: Verb,
    name: JobName,
    requestId: string | undefined,
    begin: (record: JobRecord) => OperationRecord,
  ): OperationRecord {
    const checked = checkedRequestId(requestId);
    const key = `${verb} ${projectNumber(name.project)}/${name.location}/${name.id} ${checked}`;
    const earlier =
      checked === null ? undefined : this.#records.operations.get(this.#byRequest.get(key) ?? "");
    if (earlier) return this.#settled(earlier);
    const operation = begin(this.#book.get(name));
    if (checked !== null) this.#byRequest.set(key, operation.name);
    return operation;
  }

  #begin(verb: Verb, record: JobRecord): OperationRecord {
    const operation: OperationRecord = {
      name: `projects/${record.project}/locations/${record.location}/operations/${generatedOperationId(this.#chance)}`,
      metadata: {
        "@type": "type.googleapis.com/google.cloud.batch.v1.OperationMetadata",
        createTime: this.#instants(),
        target: record.job.name,
        verb,
        apiVersion: "v1",
      },
      done: false,
    };
    this.#records.operations.set(operation.name, operation);
    this.#dropOldest();
    this.#records.touch();
    return operation;
  }

  #finish(operation: OperationRecord, verb: Verb): void {
    if (operation.done) return;
    operation.metadata["endTime"] = this.#instants();
    operation.done = true;
    operation.response = { ...RESPONSES[verb] };
    this.#records.touch();
  }

  /** After a restart nobody tells when the work ended: the job itself does. */
  #settled(operation: OperationRecord): OperationRecord {
    if (operation.done) return operation;
    const verb = operation.metadata["verb"] === "delete" ? "delete" : "cancel";
    const record = this.#book.find(parseJobName(String(operation.metadata["target"]), "target"));
    if (!record || (verb === "cancel" && FINAL.has(record.job.status.state))) this.#finish(operation, verb);
    return operation;
  }

  #deleting(record: JobRecord): OperationRecord | null {
    const isAtIt = ({ done, metadata }: OperationRecord): boolean =>
      !done && metadata["verb"] === "delete" && metadata["target"] === record.job.name;
    return this.#records.operations.values().find(isAtIt) ?? null;
  }

  #dropOldest(): void {
    if (this.#records.operations.size <= MOST_KEPT) return;
    const oldest = this.#records.operations.values().find((operation) => operation.done);
    if (oldest) this.#records.operations.delete(oldest.name);
  }
}
