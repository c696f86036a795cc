/** At most so many at once; the others wait their turn. */
export interface Slots {
  /** Resolves with what gives the slot back; at once, without a slot, when the wait is given up. */
  take(givenUp: AbortSignal): Promise<() => void>;
}

export function createSlots(count: number): Slots {
  let free = count;
  const queue: (() => void)[] = [];
  const give = () => {
    const next = queue.shift();
    if (next === undefined) free += 1;
    else next();
  };
  return {
    async take(givenUp) {
      if (givenUp.aborted) return () => {};
      if (free > 0) free -= 1;
      else if (!(await isMyTurn(queue, givenUp))) return () => {};
      let given = false;
      return () => {
        if (!given) give();
        given = true;
      };
    },
  };
}

/** Waits in the queue; false when the wait was given up. */
function isMyTurn(queue: (() => void)[], givenUp: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const go = () => {
      givenUp.removeEventListener("abort", leave);
      resolve(true);
    };
    const leave = () => {
      queue.splice(queue.indexOf(go), 1);
      resolve(false);
    };
    queue.push(go);
    givenUp.addEventListener("abort", leave, { once: true });
  });
}
