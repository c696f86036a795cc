import assert from "node:assert/strict";
import { test } from "node:test";
import { type Position, positionOf } from "../../../src/stores/cursor.ts";
import { scan } from "../../../src/stores/firestore/scan.ts";

const at = (created: number): Position => ({ created, runId: "r", key: "" });

/** Documents 0, 1, 2 ...; those that `isWanted` says are wanted. */
function numbers(total: number, isWanted: (number: number) => boolean) {
  const asked: number[] = [];
  const next = async (after: Position | null, count: number) => {
    const first = after ? after.created + 1 : 0;
    const found = Array.from({ length: Math.min(count, total - first) }, (_, index) => first + index);
    asked.push(found.length);
    return found.map((number) => ({ position: at(number), item: isWanted(number) ? number : null }));
  };
  return { next, looked: () => asked.reduce((sum, count) => sum + count, 0) };
}

test("where all are wanted, a page costs one document more than it shows", async () => {
  const { next, looked } = numbers(100, () => true);
  const page = await scan(10, null, next);
  assert.deepEqual([page.items.length, positionOf(page.cursor ?? undefined), looked()], [10, at(9), 11]);
});

test("a page as large as one likes is filled, where all are wanted", async () => {
  const { next, looked } = numbers(6_000, () => true);
  const page = await scan(5_000, null, next);
  assert.deepEqual(
    [page.items.length, positionOf(page.cursor ?? undefined), looked()],
    [5_000, at(4_999), 5_001],
  );
});

test("a scan that finds too little ends after 2,000 documents or so, and says where to go on", async () => {
  const { next, looked } = numbers(10_000, (number) => number === 5_000);
  const seen: number[] = [];
  let after: Position | null = null;
  for (let pages = 0; pages < 10; pages++) {
    const before = looked();
    const page: Awaited<ReturnType<typeof scan<number>>> = await scan(10, after, next);
    assert.ok(looked() - before < 2_400);
    seen.push(...page.items);
    if (page.cursor === null) break;
    after = positionOf(page.cursor);
  }
  assert.deepEqual(seen, [5_000]);
  assert.equal(looked(), 10_000);
});

test("pages hold every wanted one once, however they lie", async () => {
  for (const [total, every] of [
    [7, 1],
    [7, 2],
    [700, 3],
    [3, 5],
    [0, 1],
  ] as const) {
    const { next } = numbers(total, (number) => number % every === 0);
    const seen: number[] = [];
    for (let after: Position | null = null, done = false; !done; ) {
      const page: Awaited<ReturnType<typeof scan<number>>> = await scan(3, after, next);
      seen.push(...page.items);
      after = positionOf(page.cursor ?? undefined);
      done = page.cursor === null;
    }
    assert.deepEqual(
      seen,
      Array.from({ length: Math.ceil(total / every) }, (_, index) => index * every),
    );
  }
});
