import type { Page } from "../../ports.ts";
import { cursorOf, type Position } from "../cursor.ts";

/** Documents that one call looks at in vain, about, for conditions that no index can answer. */
const MOST_IN_VAIN = 2_000;
const FEWEST_AT_ONCE = 300;
const MOST_AT_ONCE = 2_000;

/** A document that a query found: where it stands, and what it is, or null when it is not wanted. */
export interface Found<T> {
  readonly position: Position;
  readonly item: T | null;
}

/**
 * A page of what is wanted. `next` gives so many documents behind a position, in order. After `MOST_IN_VAIN` the page ends as it
 * is, with a cursor to go on from there: it may be short, or empty, and yet not the last.
 */
export async function scan<T>(
  limit: number,
  after: Position | null,
  next: (after: Position | null, count: number) => Promise<readonly Found<T>[]>,
): Promise<Page<T>> {
  const items: T[] = [];
  let position = after;
  for (let vain = 0; vain < MOST_IN_VAIN; ) {
    // One more than asked for tells whether there is a next page.
    const lacking = limit + 1 - items.length;
    const count = Math.min(vain > 0 ? Math.max(lacking, FEWEST_AT_ONCE) : lacking, MOST_AT_ONCE);
    const found = await next(position, count);
    for (const { position: here, item } of found) {
      if (item !== null && items.length === limit) return { items, cursor: position && cursorOf(position) };
      if (item === null) vain += 1;
      else items.push(item);
      position = here;
    }
    if (found.length < count) return { items, cursor: null };
  }
  return { items, cursor: position && cursorOf(position) };
}
