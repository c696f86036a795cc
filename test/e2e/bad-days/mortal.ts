/** A process that dies, or one of whose calls fails, at a call that is counted over everything it does to the outside. */
export interface Mortal {
  /** As it is, but each method's call counts. */
  wrap<T extends object>(target: T): T;
  /** Resolves when it has died. */
  readonly died: Promise<"died">;
  calls(): number;
  /** What was called, in order. */
  readonly trace: readonly string[];
}

export interface Fate {
  /** Which call, from 1; 0: none. */
  readonly at: number;
  /** `dies`: the call is done, and its answer reaches nobody any more. `fails`: the call is not done, and the process goes on. */
  readonly how: "dies" | "fails";
}

export function mortal({ at, how }: Fate): Mortal {
  const { promise: died, resolve: die } = Promise.withResolvers<"died">();
  const trace: string[] = [];
  let dead = false;

  async function call(name: string, work: () => unknown): Promise<unknown> {
    if (dead) return forever();
    trace.push(name);
    const isIt = trace.length === at;
    if (isIt && how === "fails") throw new Error(`call ${at}, ${name}, fails by intent`);
    try {
      const answer = await work();
      return dead || (isIt && how === "dies") ? gone() : answer;
    } catch (error) {
      if (dead || (isIt && how === "dies")) return gone();
      throw error;
    }
  }

  function gone(): Promise<never> {
    dead = true;
    die("died");
    return forever();
  }

  return {
    died,
    trace,
    calls: () => trace.length,
    wrap: (target) =>
      new Proxy(target, {
        get(of, property) {
          const value: unknown = Reflect.get(of, property);
          if (typeof value !== "function" || typeof property !== "string" || property === "close")
            return value;
          return (...given: unknown[]) => call(property, () => Reflect.apply(value, of, given));
        },
      }),
  };
}

const forever = (): Promise<never> => new Promise(() => {});
