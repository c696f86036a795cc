import assert from "node:assert/strict";
import type { RunStore, StartResult } from "../../../src/ports.ts";
import { aNotice, anEvent, aSheetPage, aStart } from "../../support/documents.ts";
import { type OpenRunStores, onStores, started } from "./on-stores.ts";

const REQUEST = { key: "key-1", hash: "hash-1", expires_at: "2026-02-28T10:00:00Z" };
const byIdOf = (result: StartResult): string =>
  result.kind === "created" || result.kind === "repeated" ? result.run.run_id : result.by;

export function checkStart(open: OpenRunStores): void {
  onStores(open, "a started run is there whole: run, sheet, events and notices", async (store) => {
    const sheet = [aSheetPage(0, ["sample01", "sample02"]), aSheetPage(1, ["sample03"])];
    const events = [anEvent({ seq: 0 }), anEvent({ seq: 1, type: "run.note", data: { text: "ä ✅" } })];
    const notices = [aNotice({ event: "run.started" })];
    const result = await store.start(aStart({}, { event_count: 2 }, { sheet, events, notices }));
    assert.equal(result.kind, "created");
    const run = result.kind === "created" ? result.run : assert.fail();
    assert.equal(run.run_id, "2026-02-27_rnaseq_001");
    assert.equal(run.name, "castle-river-mountain-forest");
    assert.deepEqual(await store.readRun(run.run_id), run);
    assert.deepEqual(await store.readSheet(run.run_id, 0), sheet[0]);
    assert.deepEqual(await store.readSheet(run.run_id, 1), sheet[1]);
    assert.equal(await store.readSheet(run.run_id, 2), null);
    assert.deepEqual(await store.readEvents(run.run_id, -1, 10), events);
    assert.deepEqual(await store.queryNotices({ limit: 10 }), notices);
  });

  onStores(open, "ids count the day's runs over all pipelines, each day from 1", async (store) => {
    const ids = [
      await started(store),
      await started(store, {}, { pipeline: "wgs" }),
      await started(store, {}, { day: "2026-02-28" }),
      await started(store),
    ];
    assert.deepEqual(
      ids.map((run) => run.run_id),
      ["2026-02-27_rnaseq_001", "2026-02-27_wgs_002", "2026-02-28_rnaseq_001", "2026-02-27_rnaseq_003"],
    );
  });

  onStores(open, "the first free suggestion becomes the name", async (store) => {
    await started(store, { name: "one" });
    await started(store, { name: "two" });
    const result = await store.start(aStart({ suggestions: ["one", "two", "three", "four"] }));
    assert.equal(result.kind === "created" && result.run.name, "three");
  });

  onStores(open, "a taken name is refused, says by whom, and costs no number", async (store) => {
    const first = await started(store, { name: "mine" });
    const asked = await store.start(aStart({ name: "mine" }));
    assert.deepEqual(asked, { kind: "name_taken", by: first.run_id });
    const suggested = await store.start(aStart({ suggestions: ["mine"] }));
    assert.deepEqual(suggested, { kind: "name_taken", by: first.run_id });
    assert.equal((await started(store)).run_id, "2026-02-27_rnaseq_002");
  });

  checkRequestKeys(open);
  checkFailingStart(open);
  checkParallelStart(open);
}

function checkRequestKeys(open: OpenRunStores): void {
  onStores(
    open,
    "a request key starts one run: the same request repeats it, another is refused",
    async (store) => {
      const first = await store.start(aStart({ name: "mine", request: REQUEST }));
      assert.equal(first.kind, "created");
      const again = await store.start(aStart({ name: "mine", request: REQUEST }));
      assert.deepEqual(again, { ...first, kind: "repeated" });
      const other = await store.start(aStart({ name: "other", request: { ...REQUEST, hash: "hash-2" } }));
      assert.deepEqual(other, { kind: "key_reused", by: byIdOf(first) });
      const { items } = await store.queryRuns({ limit: 10 });
      assert.equal(items.length, 1);
      assert.equal((await started(store)).run_id, "2026-02-27_rnaseq_002");
    },
  );

  onStores(open, "a request key may be used again once it has expired", async (store) => {
    const atExpiry = { name: "b", created_at: REQUEST.expires_at };
    const afterExpiry = { name: "b", created_at: "2026-02-28T10:00:00.001Z" };
    const renewed = { ...REQUEST, hash: "hash-2", expires_at: "2026-03-01T10:00:00Z" };
    const first = await store.start(aStart({ name: "a", request: REQUEST }));
    const early = await store.start(aStart({ name: "b", request: renewed }, atExpiry));
    assert.deepEqual(early, { kind: "key_reused", by: byIdOf(first) });
    const late = await store.start(aStart({ name: "b", request: renewed }, afterExpiry));
    assert.equal(late.kind, "created");
    const repeated = await store.start(aStart({ name: "b", request: renewed }, afterExpiry));
    assert.deepEqual(repeated, { ...late, kind: "repeated" });
  });
}

function checkFailingStart(open: OpenRunStores): void {
  onStores(open, "nothing is half-written when the documents cannot be made", async (store) => {
    const failing = {
      ...aStart({ name: "mine", request: REQUEST }),
      documents: () => assert.fail("no documents"),
    };
    await assert.rejects(store.start(failing), /no documents/);
    assert.deepEqual(await store.queryRuns({ limit: 10 }), { items: [], cursor: null });
    const next = await store.start(aStart({ name: "mine", request: { ...REQUEST, hash: "hash-2" } }));
    assert.equal(next.kind, "created");
    assert.equal(byIdOf(next), "2026-02-27_rnaseq_001");
  });

  onStores(open, "documents that name another run are refused, and nothing is written", async (store) => {
    await assert.rejects(
      store.start(aStart({}, { run_id: "2026-02-27_rnaseq_009" })),
      /2026-02-27_rnaseq_009/,
    );
    await assert.rejects(store.start(aStart({}, { name: "another" })), /another/);
    assert.deepEqual((await store.queryRuns({ limit: 10 })).items, []);
  });
}

function checkParallelStart(open: OpenRunStores): void {
  onStores(open, "runs started at once get unique names, and ids without a gap", async (...stores) => {
    const suggestions = Array.from({ length: 12 }, (_, index) => `name-${index}`);
    const results = await Promise.all(
      suggestions.map((_, index) => stores[index % stores.length]!.start(aStart({ suggestions }))),
    );
    const runs = results.flatMap((result) => (result.kind === "created" ? [result.run] : []));
    assert.deepEqual(
      runs.map((run) => run.run_id).sort(),
      suggestions.map((_, index) => `2026-02-27_rnaseq_${String(index + 1).padStart(3, "0")}`),
    );
    assert.deepEqual(runs.map((run) => run.name).sort(), [...suggestions].sort());
  });

  onStores(
    open,
    "of several starts of one name, one wins and the others learn by whom",
    async (...stores) => {
      const results = await atOnce(stores, aStart({ name: "mine" }));
      const winners = results.filter((result) => result.kind === "created");
      assert.equal(winners.length, 1);
      assert.equal(results.filter((result) => result.kind === "name_taken").length, results.length - 1);
      assert.equal(new Set(results.map(byIdOf)).size, 1);
    },
  );

  onStores(
    open,
    "of several starts under one request key, one creates and the others repeat it",
    async (...stores) => {
      const suggestions = ["a", "b", "c", "d", "e", "f"];
      const results = await atOnce(stores, aStart({ suggestions, request: REQUEST }));
      assert.equal(results.filter((result) => result.kind === "created").length, 1);
      assert.equal(results.filter((result) => result.kind === "repeated").length, results.length - 1);
      assert.equal(new Set(results.map(byIdOf)).size, 1);
    },
  );
}

const atOnce = (
  stores: readonly RunStore[],
  request: Parameters<RunStore["start"]>[0],
): Promise<StartResult[]> => Promise.all([...stores, ...stores].map((store) => store.start(request)));
