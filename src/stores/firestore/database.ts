import type * as Client from "@google-cloud/firestore";
import { Clients } from "./clients.ts";
import type { Connected, Place } from "./connect.ts";
import { storeFailure, timedOut } from "./failure.ts";
import { guardWrites } from "./guard.ts";
import { buildQuery, type Shape } from "./shape.ts";
import { outcomeOf } from "./write-outcome.ts";

type Timestamp = Client.Timestamp;
export type Fields = Record<string, unknown>;

/** A document as it was read. */
export interface Snapshot {
  readonly id: string;
  readonly path: string;
  readonly data: Fields;
  readonly updateTime: Timestamp;
}

export type Write =
  /** Refused when the document exists. */
  | { readonly kind: "create"; readonly path: string; readonly data: Fields }
  /** Whatever is there is replaced. */
  | { readonly kind: "set"; readonly path: string; readonly data: Fields }
  /** Refused when the document has changed since. Fields that are not in `data` stay. */
  | {
      readonly kind: "update";
      readonly path: string;
      readonly data: Fields;
      readonly updateTime: Timestamp;
    }
  | { readonly kind: "delete"; readonly path: string; readonly updateTime?: Timestamp };

export type Written =
  | { readonly kind: "done"; readonly at: Timestamp }
  /** A precondition did not hold: something has changed, exists already, or is gone. Or our own first try had arrived. */
  | { readonly kind: "refused" }
  /** It may have been done or not. */
  | { readonly kind: "unknown"; readonly error: Error };

/** What Firestore bills for, and what it took. */
export interface Usage {
  /** Documents read; a query that finds nothing counts as one, and so does a document that is not there. */
  reads: number;
  writes: number;
  deletes: number;
  calls: number;
}

export interface DatabaseOptions extends Place {
  /** How long one call may take with all its repeats, milliseconds. */
  readonly callMilliseconds: number;
  /** Told of every query: a test compares them with the index file. */
  readonly onQuery?: ((shape: Shape) => void) | undefined;
}

/** Documents in one read. */
const MOST_AT_ONCE = 300;

/** One Firestore database: few verbs, counted, bounded in time, with its errors in the user's words. */
export class Database {
  readonly usage: Usage = { reads: 0, writes: 0, deletes: 0, calls: 0 };
  readonly place: string;
  readonly #options: DatabaseOptions;
  readonly #clients: Clients;
  #closed = false;

  constructor(options: DatabaseOptions) {
    this.#options = options;
    this.#clients = new Clients(options);
    this.place = `${options.projectId}/${options.databaseId}`;
  }

  async get(path: string, what: string): Promise<Snapshot | null> {
    return (await this.getAll([path], what))[0] ?? null;
  }

  /** In the order asked for; null where there is none. `fields`: only these. */
  async getAll(
    paths: readonly string[],
    what: string,
    fields?: readonly string[],
  ): Promise<(Snapshot | null)[]> {
    const found: (Snapshot | null)[] = [];
    for (let at = 0; at < paths.length; at += MOST_AT_ONCE) {
      const part = paths.slice(at, at + MOST_AT_ONCE);
      const snapshots = await this.#call(what, ({ client }) =>
        client.getAll(
          ...part.map((path) => client.doc(path)),
          ...(fields ? [{ fieldMask: [...fields] }] : []),
        ),
      );
      this.usage.reads += part.length;
      found.push(...snapshots.map(snapshotOf));
    }
    return found;
  }

  /** Each document that the query finds, turned into something smaller as it comes. */
  async query<T>(shape: Shape, what: string, turn: (snapshot: Snapshot) => T): Promise<T[]> {
    this.#options.onQuery?.(shape);
    const found = await this.#call(what, async (connected) => {
      const turned: T[] = [];
      for await (const snapshot of buildQuery(connected, shape).stream()) {
        turned.push(turn(snapshotOf(snapshot as unknown as Client.DocumentSnapshot) as Snapshot));
      }
      return turned;
    });
    this.usage.reads += Math.max(1, found.length);
    return found;
  }

  /** All of it at once, or nothing. Throws where it is certain that nothing was written, and a repeat would not help. */
  async write(writes: readonly Write[], what: string): Promise<Written> {
    guardWrites(writes, what, this.#options.emulatorHost !== undefined);
    try {
      const results = await this.#call(what, (connected) => batchOf(connected, writes).commit());
      const deletes = writes.filter(({ kind }) => kind === "delete").length;
      this.usage.deletes += deletes;
      this.usage.writes += writes.length - deletes;
      return { kind: "done", at: results[0]!.writeTime };
    } catch (error) {
      return outcomeOf(error);
    }
  }

  timestamp(instant: string): Promise<Timestamp> {
    return this.#clients.use(async (connected) => connected.timestamp(instant));
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#clients.giveUp();
  }

  async #call<T>(what: string, body: (connected: Connected) => Promise<T>): Promise<T> {
    if (this.#closed) throw new Error(`Firestore ${this.place}: cannot ${what}: it has been closed`);
    this.usage.calls += 1;
    const { callMilliseconds } = this.#options;
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      late.reject(timedOut(what, this.place, callMilliseconds));
      void this.#clients.giveUp();
    }, callMilliseconds);
    try {
      // The client itself repeats what is away or aborted, for up to ten minutes: too long for a tick.
      return await Promise.race([this.#clients.use(body), late.promise]);
    } catch (error) {
      throw storeFailure(error, what, this.place);
    } finally {
      clearTimeout(timer);
    }
  }
}

function snapshotOf(snapshot: Client.DocumentSnapshot): Snapshot | null {
  const data = snapshot.data();
  if (data === undefined || snapshot.updateTime === undefined) return null;
  return { id: snapshot.id, path: snapshot.ref.path, data, updateTime: snapshot.updateTime };
}

function batchOf({ client }: Connected, writes: readonly Write[]): Client.WriteBatch {
  const batch = client.batch();
  for (const write of writes) {
    const ref = client.doc(write.path);
    if (write.kind === "create") batch.create(ref, write.data);
    else if (write.kind === "set") batch.set(ref, write.data);
    // The keys are our own field names, without dots: `update` would take a dot for a path.
    else if (write.kind === "update") batch.update(ref, write.data, { lastUpdateTime: write.updateTime });
    else batch.delete(ref, write.updateTime ? { lastUpdateTime: write.updateTime } : {});
  }
  return batch;
}
