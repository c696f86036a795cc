import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import { refusal, storeFailure } from "./failure.ts";

type Row = Readonly<Record<string, unknown>>;

/**
 * One open database: cached statements, transactions, and SQLite's errors in the user's words.
 * Everything in it is synchronous, so the work of two callers in one process never mixes.
 */
export class Connection {
  readonly path: string;
  readonly readOnly: boolean;
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  #open = true;

  constructor(database: DatabaseSync, path: string, readOnly: boolean) {
    this.#database = database;
    this.path = path;
    this.readOnly = readOnly;
  }

  /** Runs `body` on one snapshot: what other processes commit meanwhile is not seen. */
  read<T>(what: string, body: () => T): T {
    return this.#transaction("BEGIN", what, body);
  }

  /** Runs `body` as the only writer (it waits for the lock first), and commits all of it, or nothing when it throws. */
  write<T>(what: string, body: () => T): T {
    if (this.readOnly) {
      throw refusal(
        "store_read_only",
        `store ${this.path}: cannot ${what}: it may only be read. Make the file and its directory writable, or choose another with BIOAGENT_STORE=sqlite:PATH.`,
      );
    }
    // IMMEDIATE: a transaction that reads first and takes the lock later could lose it half-way (SQLITE_BUSY_SNAPSHOT).
    return this.#transaction("BEGIN IMMEDIATE", what, body);
  }

  run(sql: string, ...values: SQLInputValue[]): number {
    return Number(this.#prepare(sql).run(...values).changes);
  }

  get(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.#prepare(sql).get(...values);
  }

  all(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.#prepare(sql).all(...values);
  }

  /**
   * The JSON in the column `doc` of the first row, or null. It is not parsed by a schema again: only this program writes
   * here, every document was parsed on its way in, and migrations keep old ones in today's form.
   */
  document<T>(sql: string, ...values: SQLInputValue[]): T | null {
    const row = this.get(sql, ...values);
    return row === undefined ? null : (JSON.parse(String(row["doc"])) as T);
  }

  documents<T>(sql: string, ...values: SQLInputValue[]): T[] {
    return this.all(sql, ...values).map((row) => JSON.parse(String(row["doc"])) as T);
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#statements.clear();
    this.#database.close();
  }

  #prepare(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known) return known;
    const statement = this.#database.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  #transaction<T>(begin: string, what: string, body: () => T): T {
    if (!this.#open) throw new Error(`store ${this.path}: cannot ${what}: it has been closed`);
    try {
      this.run(begin);
      const result = body();
      this.run("COMMIT");
      return result;
    } catch (error) {
      // SQLite ends the transaction itself on some errors (a full disk).
      if (this.#database.isTransaction) this.run("ROLLBACK");
      throw storeFailure(error, what, this.path);
    }
  }
}
