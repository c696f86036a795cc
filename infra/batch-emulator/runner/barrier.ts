/** Where all tasks of a job wait for each other, by the barrier's name. */
export interface Barriers {
  /** Resolves when so many tasks have arrived; `leave` takes one back that was killed while it waited. */
  arrive(key: string, tasks: number): { readonly passed: Promise<void>; leave(): void };
}

export function createBarriers(): Barriers {
  const waiting = new Map<string, Set<() => void>>();
  return {
    arrive(key, tasks) {
      const here = waiting.get(key) ?? new Set();
      waiting.set(key, here);
      const { promise, resolve } = Promise.withResolvers<void>();
      here.add(resolve);
      if (here.size >= tasks) {
        for (const pass of here) pass();
        waiting.delete(key);
      }
      return { passed: promise, leave: () => void here.delete(resolve) };
    },
  };
}
