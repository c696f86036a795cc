import type { SQLInputValue } from "node:sqlite";

/** Conditions of a query, gathered one by one; every one must hold. */
export class Filter {
  readonly #conditions: string[] = [];
  readonly values: SQLInputValue[] = [];

  add(condition: string, ...values: readonly SQLInputValue[]): void {
    this.#conditions.push(`(${condition})`);
    this.values.push(...values);
  }

  /** `column = value`, unless the value was not asked for. */
  equal(column: string, value: SQLInputValue | undefined): void {
    if (value !== undefined) this.add(`${column} = ?`, value);
  }

  /** `column` is one of `values`, unless they were not asked for; of an empty list, never. */
  oneOf(column: string, values: readonly string[] | undefined): void {
    if (values) this.add(`${column} IN (SELECT value FROM json_each(?))`, JSON.stringify(values));
  }

  /** `WHERE ...`, or nothing. */
  get where(): string {
    return this.#conditions.length === 0 ? "" : `WHERE ${this.#conditions.join(" AND ")}`;
  }
}
