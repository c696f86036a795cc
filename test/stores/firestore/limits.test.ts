import assert from "node:assert/strict";
import { test } from "node:test";
import type { Job } from "../../../src/core/job.ts";
import type { Write } from "../../../src/stores/firestore/database.ts";
import { guardWrites } from "../../../src/stores/firestore/guard.ts";
import { started } from "../../contracts/run-store/on-stores.ts";
import { aCommit, aDecision, aJob, anEvent, aSheetPage, aStart } from "../../support/documents.ts";
import { openStore } from "./open-store.ts";

const tooLarge = (message: RegExp) => ({ name: "AdapterError", code: "too_large", message });

test("a document of more than 1 MiB is refused by name, size and field, and nothing is written", async (t) => {
  const opened = await openStore(t);
  if (!opened) return;
  const { store } = opened;
  const run = await started(store);
  const job = aJob({ run_id: run.run_id, error: "x".repeat(1_100_000) });
  const refused = tooLarge(/jobs\/fastqc-sample01 has 11\d{5} bytes \(11\d{5} of them in error\)/);
  await assert.rejects(store.commit(aCommit(run, { jobs: [job] })), refused);
  const samples = Array.from({ length: 100_000 }, (_, at) => `a-rather-long-name-${at}`);
  await assert.rejects(
    store.start(aStart({ name: "b" }, { samples })),
    tooLarge(/runs\/\S+_002 .*in samples/),
  );
  assert.deepEqual(await store.load(run.run_id, 0, "heads"), { run, jobs: [] });
});

test("what Firestore refuses and its emulator takes, or hangs at, is refused before it is sent", () => {
  const create = (data: Record<string, unknown>, path = "runs/r/jobs/j"): Write[] => [
    { kind: "create", path, data },
  ];
  const refused = (writes: Write[], message: RegExp, isEmulator = false) =>
    assert.throws(() => guardWrites(writes, "do it", isEmulator), tooLarge(message));
  const numbers = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [`f${at}`, at]));
  refused(create({ other: numbers(20_001) }), /index entries, more than 40000/);
  guardWrites(create({ metrics: numbers(20_001) }), "do it", false);
  refused(create({}, "runs/__r__"), /no document/);
  refused(create({}, "runs/.."), /no document/);
  refused(create({}, `runs/${"x".repeat(1_501)}`), /no document/);
  refused(
    Array.from({ length: 501 }, (_, at) => create({}, `runs/${at}`)[0]!),
    /501 writes/,
  );
  const large = Array.from(
    { length: 5 },
    (_, at) => create({ error: "x".repeat(900_000) }, `runs/r/jobs/${at}`)[0]!,
  );
  refused(large, /more than the 4194304 of one request/, true);
  guardWrites(large, "do it", false);
  refused([...large, ...large, ...large], /more than the 10485760/);
});

test("a commit as large as may be is taken", async (t) => {
  const opened = await openStore(t);
  if (!opened) return;
  const { store } = opened;
  const run = await started(store);
  // Many small fields are larger on the wire than as JSON.
  const decisions = Array.from({ length: 25 }, () => aDecision());
  const jobs: Job[] = Array.from({ length: 399 }, (_, at) =>
    aJob({ run_id: run.run_id, sample: `s${at}`, decisions }),
  );
  const bytes = Buffer.byteLength(JSON.stringify([run, ...jobs]));
  assert.ok(bytes > 2_500_000, `${bytes}`);
  assert.equal((await store.commit(aCommit(run, { jobs }))).kind, "done");
  assert.equal((await store.load(run.run_id, 0, "heads"))?.jobs.length, 399);
});

const SAMPLES = Array.from({ length: 500 }, (_, at) => `sample-${at}`);
/** A sheet of more than 3 MiB. */
const largeSheet = Array.from({ length: 90 }, (_, page) => aSheetPage(page, SAMPLES));

test("a start with more sheet than one commit takes is there whole, or not at all", async (t) => {
  const opened = await openStore(t);
  if (!opened) return;
  const { store, console } = opened;
  assert.ok(Buffer.byteLength(JSON.stringify(largeSheet)) > 3 * 2 ** 20);
  const rest = { sheet: largeSheet, events: [anEvent()] };
  const result = await store.start(aStart({ name: "a" }, { event_count: 1 }, rest));
  const run = result.kind === "created" ? result.run : assert.fail();
  const { run_id } = run;
  assert.deepEqual(await store.readSheet(run_id, 89), largeSheet[89]);
  assert.equal(await store.readSheet(run_id, 90), null);
  assert.equal((await store.commit(aCommit(run))).kind, "done");
  assert.equal((await console.collection("starts").get()).size, 0);
  assert.deepEqual(await store.start(aStart({ name: "a" }, {}, rest)), { kind: "name_taken", by: run_id });
  assert.equal((await started(store)).run_id, "2026-02-27_rnaseq_002");
});

test("what a dead large start left behind is deleted by a later one, and the number is not used again", async (t) => {
  const opened = await openStore(t, { now: () => "2026-02-27T12:00:00Z" });
  if (!opened) return;
  const { store, console } = opened;
  const leave = async (run_id: string, at: string): Promise<void> => {
    await console.doc(`starts/${run_id}`).set({ run_id, at, pages: [0, 1] });
    for (const page of [0, 1]) await console.doc(`runs/${run_id}/sheet/${page}`).set({ page, samples: [] });
  };
  await console.doc("counters/2026-02-27").set({ day: "2026-02-27", count: 2 });
  await leave("2026-02-27_rnaseq_001", "2026-02-27T10:59:00.000Z");
  await leave("2026-02-27_rnaseq_002", "2026-02-27T11:01:00.000Z");
  const result = await store.start(aStart({ name: "a" }, {}, { sheet: largeSheet }));
  assert.equal(result.kind === "created" && result.run.run_id, "2026-02-27_rnaseq_003");
  assert.equal(await store.readSheet("2026-02-27_rnaseq_001", 1), null);
  assert.notEqual(await store.readSheet("2026-02-27_rnaseq_002", 1), null);
  const marks = (await console.collection("starts").get()).docs.map(({ id }) => id);
  assert.deepEqual(marks, ["2026-02-27_rnaseq_002"]);
});

test("a large start that was taken for dead while it was writing begins again under another number", async (t) => {
  const opened = await openStore(t);
  if (!opened) return;
  const { store, console } = opened;
  const mark = console.doc("starts/2026-02-27_rnaseq_001");
  const reserved = new Promise<void>((resolve, reject) => {
    const stop = mark.onSnapshot((snapshot) => {
      if (!snapshot.exists) return;
      stop();
      resolve();
    }, reject);
  });
  const start = store.start(aStart({ name: "a" }, {}, { sheet: largeSheet }));
  await reserved;
  // As the sweep of another process does first.
  await mark.update({ swept_at: "2026-02-27T12:00:00Z" });
  const result = await start;
  assert.equal(result.kind === "created" && result.run.run_id, "2026-02-27_rnaseq_002");
  assert.equal(await store.readRun("2026-02-27_rnaseq_001"), null);
});
