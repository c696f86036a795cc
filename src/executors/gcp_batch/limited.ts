/**
 * Does `act` for every item, at most `width` at a time, results in order. Once `isOver` says so nothing more is begun:
 * what was left has `left` in its place.
 */
export async function limited<T, R>(
  items: readonly T[],
  width: number,
  act: (item: T) => Promise<R>,
  stop?: { readonly isOver: () => boolean; readonly left: (item: T) => R },
): Promise<R[]> {
  const results: R[] = new Array<R>(items.length);
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length) {
      const at = next++;
      const item = items[at]!;
      results[at] = stop?.isOver() ? stop.left(item) : await act(item);
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, worker));
  return results;
}

/** A clock for one call of the executor: true from `seconds` after now on. The real time, whatever clock the core is given. */
export function timeBudget(seconds: number): () => boolean {
  const end = performance.now() + seconds * 1000;
  return () => performance.now() >= end;
}
