/** The newest so many entries that were set; the oldest go first. */
export class Known<T> {
  readonly #entries = new Map<string, T>();
  readonly #most: number;

  constructor(most = 2_000) {
    this.#most = most;
  }

  get(key: string): T | undefined {
    return this.#entries.get(key);
  }

  set(key: string, value: T): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size > this.#most) this.#entries.delete(this.#entries.keys().next().value!);
  }

  forget(key: string): void {
    this.#entries.delete(key);
  }
}
