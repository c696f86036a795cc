/** The process was killed here: nothing after it happens. */
export class Killed extends Error {
  override readonly name = "Killed";
}

type Gate = { readonly label: string; readonly go: () => void; readonly kill: () => void };

/**
 * Several monitors that run at once, one step at a time: each stops before every call of a port, and the driver says
 * who goes on, or who dies there. The same choices make the same history.
 */
export class Processes {
  readonly #waiting = new Map<string, Gate>();
  readonly #running = new Set<string>();

  /** Wraps a port's methods, so that each call is a step of this process. */
  wrap<T extends object>(name: string, port: T, steps: readonly string[]): T {
    return new Proxy(port, {
      get: (target, key, receiver) => {
        const value = Reflect.get(target, key, receiver);
        if (typeof value !== "function" || !steps.includes(String(key))) return value;
        return async (...args: unknown[]) => {
          await this.#step(name, String(key));
          return value.apply(target, args);
        };
      },
    });
  }

  #step(name: string, label: string): Promise<void> {
    return new Promise((go, fail) => {
      this.#waiting.set(name, { label, go, kill: () => fail(new Killed(`${name} at ${label}`)) });
    });
  }

  /** Starts a process; its death by `Killed` is an end like any other. */
  start(name: string, main: () => Promise<unknown>): void {
    this.#running.add(name);
    main()
      .catch((error) => {
        if (!(error instanceof Killed)) this.failures.push(error);
      })
      .finally(() => {
        this.#running.delete(name);
        this.#waiting.delete(name);
      });
  }

  readonly failures: unknown[] = [];

  /** Those who stand before a step, once everything that can go on by itself has. */
  async ready(): Promise<string[]> {
    await new Promise((done) => setImmediate(done));
    return [...this.#waiting.keys()].sort();
  }

  label(name: string): string {
    return this.#waiting.get(name)!.label;
  }

  step(name: string, fate: "go" | "kill"): void {
    const gate = this.#waiting.get(name)!;
    this.#waiting.delete(name);
    if (fate === "go") gate.go();
    else gate.kill();
  }
}
