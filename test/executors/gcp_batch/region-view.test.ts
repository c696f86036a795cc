import assert from "node:assert/strict";
import { test } from "node:test";
import { BatchError } from "../../../src/executors/gcp_batch/batch-error.ts";
import { type RegionView, viewRegion } from "../../../src/executors/gcp_batch/region-view.ts";
import { aSubmission, error, executorWith, type FakeBatch, fakeBatch, PARENT } from "./fake-batch.ts";

interface World {
  readonly fake: FakeBatch;
  readonly view: RegionView;
  readonly ids: readonly string[];
  /** Lets so many milliseconds pass. */
  pass(milliseconds: number): void;
  lists(): number;
}

/** So many running jobs, and a view of them under a clock that the test drives. */
async function world(count: number): Promise<World> {
  const fake = fakeBatch();
  const ids = Array.from({ length: count }, (_, at) => `job-${at}-a1`);
  await executorWith(fake).submit(ids.map((id) => aSubmission({}, { id })));
  for (const id of ids) fake.move(id, "RUNNING");
  let now = 0;
  const store = async () => "0b8a2c1e-7d54-4f7e-9d3e-1a2b3c4d5e6f";
  const view = viewRegion({ client: fake.client, parent: PARENT, store, clock: () => now });
  const pass = (milliseconds: number) => {
    now += milliseconds;
  };
  return { fake, view, ids, pass, lists: () => fake.counts().list };
}

const states = (found: Awaited<ReturnType<RegionView["find"]>>): unknown[] =>
  [...found.values()].map((one) => (one.kind === "found" ? one.job.job.status?.state : one.kind));

test("a thousand open jobs of a hundred runs, asked run by run, cost two pages and what led to them", async () => {
  const { view, ids, lists, pass } = await world(1000);
  for (let tick = 0; tick < 3; tick++) {
    const before = lists();
    for (let at = 0; at < 1000; at += 10) {
      assert.deepEqual(new Set(states(await view.find(ids.slice(at, at + 10)))), new Set(["RUNNING"]));
      pass(20);
    }
    assert.ok(lists() - before <= 6, `${lists() - before} calls`);
    pass(60_000);
  }
});

test("a few attempts are asked for by their labels, all at once", async () => {
  const { view, ids, lists, fake } = await world(60);
  fake.move(ids[0]!, "FAILED");
  assert.deepEqual(states(await view.find(ids.slice(0, 3))), ["FAILED", "RUNNING", "RUNNING"]);
  assert.deepEqual([lists(), fake.counts().get], [1, 0]);
  assert.match(
    fake.filters[0]!,
    /^labels\."bioagent-store" = "[^"]+" AND \(labels\."bioagent-attempt" = "job-0-a1" OR /,
  );
});

test("what ended since is looked up for all runs together", async () => {
  const { view, ids, lists, fake, pass } = await world(1000);
  for (let at = 0; at < 1000; at += 100) await view.find(ids.slice(at, at + 100));
  for (let at = 0; at < 1000; at += 100) fake.move(ids[at]!, "SUCCEEDED");
  pass(60_000);
  const before = lists();
  const seen = [];
  for (let at = 0; at < 1000; at += 100) seen.push(...states(await view.find(ids.slice(at, at + 100))));
  assert.equal(seen.filter((state) => state === "SUCCEEDED").length, 10);
  assert.ok(lists() - before <= 5, `${lists() - before} calls`);
});

test("callers at one moment share one listing", async () => {
  const { view, ids, lists } = await world(1000);
  await Promise.all([view.find(ids), view.find(ids), view.find(ids)]);
  assert.equal(lists(), 2);
});

test("a listing stands for eight seconds, not longer, and not after somebody waited", async () => {
  const { view, ids, pass, lists, fake } = await world(600);
  await view.find(ids);
  const first = lists();
  pass(7000);
  await view.find(ids);
  assert.equal(lists(), first);
  fake.move(ids[0]!, "FAILED");
  view.stale(null);
  assert.equal(states(await view.find(ids))[0], "FAILED");
  fake.move(ids[1]!, "FAILED");
  pass(9000);
  assert.equal(states(await view.find(ids))[1], "FAILED");
});

test("a hint is looked at itself, at the price of one call", async () => {
  const { view, ids, lists, fake, pass } = await world(1000);
  await view.find(ids);
  const first = lists();
  pass(1000);
  fake.move(ids[7]!, "SUCCEEDED");
  view.stale(ids[7]!);
  const seen = await view.find(ids);
  assert.equal(states(new Map([[ids[7]!, seen.get(ids[7]!)!]]))[0], "SUCCEEDED");
  assert.equal(lists() - first, 1);
});

test("pages are followed, whatever size the service gives them", async () => {
  const { view, ids, fake, lists } = await world(250);
  fake.pageSize = 100;
  view.stale(null);
  const found = await view.find(Array.from({ length: 150 }, (_, at) => ids[at]!));
  assert.equal(found.size, 150);
  await view.find(ids);
  await view.find(ids);
  assert.ok(lists() >= 3);
  assert.deepEqual(new Set(states(await view.find(ids))), new Set(["RUNNING"]));
});

test("a listing that cannot reach the region says nothing of its jobs", async () => {
  const { view, ids, fake } = await world(600);
  const { list } = fake.client;
  const partial = {
    ...fake.client,
    list: async (request: Parameters<typeof list>[0]) => ({
      ...(await list(request)),
      jobs: [],
      unreachable: ["us-central1"],
    }),
  };
  const blind = viewRegion({ client: partial, parent: PARENT, store: async () => "s" });
  const kinds = new Set(states(await blind.find(ids)));
  assert.deepEqual(kinds, new Set(["unknown"]));
  assert.deepEqual(new Set(states(await view.find(ids))), new Set(["RUNNING"]));
});

test("a service that is away is asked once for all runs of a tick, and again at the next", async () => {
  const { view, ids, fake, lists, pass } = await world(1000);
  fake.failures.set("list", ["unavailable", "unavailable"]);
  for (let at = 0; at < 1000; at += 100)
    assert.deepEqual(new Set(states(await view.find(ids.slice(at, at + 100)))), new Set(["unknown"]));
  assert.ok(lists() <= 2, `${lists()} calls`);
  pass(60_000);
  assert.deepEqual(new Set(states(await view.find(ids))), new Set(["RUNNING"]));
});

test("a field mask that is refused is left out from then on", async () => {
  const { ids, fake } = await world(600);
  const asked: boolean[] = [];
  const picky = {
    ...fake.client,
    list: async (request: Parameters<typeof fake.client.list>[0]) => {
      asked.push(request.brief);
      if (request.brief) throw error("invalid");
      return fake.client.list(request);
    },
  };
  const view = viewRegion({
    client: picky,
    parent: PARENT,
    store: async () => "0b8a2c1e-7d54-4f7e-9d3e-1a2b3c4d5e6f",
  });
  assert.deepEqual(new Set(states(await view.find(ids))), new Set(["RUNNING"]));
  assert.deepEqual(asked, [true, false, false]);
});

test("an error that is not the provider's is not swallowed", async () => {
  const { fake } = await world(1);
  const broken = { ...fake.client, list: () => Promise.reject(new TypeError("a bug")) };
  const view = viewRegion({ client: broken, parent: PARENT, store: async () => "s" });
  await assert.rejects(view.find(["job-0-a1"]), TypeError);
  assert.ok(!(new TypeError("a bug") instanceof BatchError));
});
