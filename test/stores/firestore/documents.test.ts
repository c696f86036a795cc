import assert from "node:assert/strict";
import { test } from "node:test";
import { Timestamp } from "@google-cloud/firestore";
import { documentId } from "../../../src/stores/firestore/document-id.ts";
import { decodeFields, encodeFields } from "../../../src/stores/firestore/values.ts";
import { current, started } from "../../contracts/run-store/on-stores.ts";
import { aCommit, aJob, aNotice, anAttempt, anEvent, aSheetPage, aStart } from "../../support/documents.ts";
import { openStore } from "./open-store.ts";

test("documents lie where DESIGN says, and are spelt as it spells them", async (t) => {
  const opened = await openStore(t);
  if (!opened) return;
  const { store, console } = opened;
  const request = { key: "a/b c", hash: "h", expires_at: "2026-02-28T10:00:00Z" };
  const rest = { sheet: [aSheetPage(0, ["s.1"])], events: [anEvent()], notices: [aNotice()] };
  await store.start(aStart({ request, name: "castle" }, { samples: ["s.1"], event_count: 1 }, rest));
  const run = await current(store, "2026-02-27_rnaseq_001");
  const job = aJob({ run_id: run.run_id, sample: "s.1", inputs: { "odd.column": "x" } });
  await store.commit(aCommit(run, { jobs: [job] }));
  await store.updateChannel(await store.readChannel("lab"));
  await store.uid();
  const fieldsAt = async (path: string) => (await console.doc(path).get()).data() ?? assert.fail(path);
  const { store: _r, ...runThere } = await fieldsAt(`runs/${run.run_id}`);
  assert.deepEqual(runThere, { ...run, rev: 1 });
  const { store: _j, ...jobThere } = await fieldsAt(`runs/${run.run_id}/jobs/fastqc-s.1`);
  assert.deepEqual(jobThere, { ...job, rev: 1 });
  assert.deepEqual(await fieldsAt(`runs/${run.run_id}/events/0000000000`), anEvent());
  assert.deepEqual(await fieldsAt(`runs/${run.run_id}/sheet/0`), rest.sheet[0]);
  const { store: _n, ...noticeThere } = await fieldsAt(`notices/${aNotice().id}`);
  assert.deepEqual(noticeThere, aNotice());
  assert.equal((await fieldsAt("channels/lab"))["rev"], 1);
  assert.equal((await fieldsAt("counters/2026-02-27"))["count"], 1);
  assert.equal((await fieldsAt("names/castle"))["run_id"], run.run_id);
  assert.equal((await fieldsAt("meta/store"))["uid"], await store.uid());
  const { expires_at, ...asked } = await fieldsAt("requests/a%2Fb%20c");
  assert.deepEqual(asked, { key: "a/b c", hash: "h", run_id: run.run_id });
  // Firestore's time to live works on a Timestamp, not on a text.
  assert.ok(expires_at instanceof Timestamp);
  assert.equal(expires_at.toDate().toISOString(), "2026-02-28T10:00:00.000Z");
});

/** What JSON can say and Firestore cannot. */
const AWKWARD = {
  nested: [[1, [2, []]], [], {}],
  "": 1,
  __id__: { __x__: 1 },
  "[]": [1],
  "{}": { "{}": "x" },
  "\\": { "\\__y__": null },
  "a.b/c`": { "odd key": true },
  big: [Number.MAX_SAFE_INTEGER, 1e300, -0.5, 0],
  deep: JSON.parse(`${'{"a":['.repeat(30)}1${"]}".repeat(30)}`) as unknown,
};

test("any JSON that a job brings comes back as it was", async (t) => {
  assert.deepEqual(decodeFields(encodeFields(AWKWARD)), AWKWARD);
  assert.deepEqual(decodeFields(encodeFields({ a: undefined, b: [undefined], c: Number.NaN })), {
    b: [null],
    c: null,
  });
  const opened = await openStore(t);
  if (!opened) return;
  const { store } = opened;
  const run = await started(store);
  const job = aJob({ run_id: run.run_id, metrics: AWKWARD, attempts: [anAttempt({ handle: AWKWARD })] });
  const event = anEvent({ data: AWKWARD });
  assert.equal((await store.commit(aCommit(run, { jobs: [job], events: [event] }))).kind, "done");
  assert.deepEqual(await store.readJobs(run.run_id, [job.key]), [{ ...job, rev: 1 }]);
  assert.deepEqual((await store.load(run.run_id, 0, "heads"))?.jobs[0]?.attempts[0]?.handle, AWKWARD);
  assert.deepEqual(await store.readEvents(run.run_id, -1, 10), [event]);
});

test("a text that is no well-formed Unicode is stored as far as it can be", async (t) => {
  const opened = await openStore(t);
  if (!opened) return;
  const { store, warnings } = opened;
  const run = await started(store, { description: "cut \ud83e" });
  assert.equal((await current(store, run.run_id)).description, "cut \ufffd");
  await store.commit(aCommit(run, { jobs: [aJob({ run_id: run.run_id, error: "cut \ud83e" })] }));
  assert.equal((await store.readJobs(run.run_id, ["fastqc-sample01"]))[0]?.error, "cut \ufffd");
  assert.deepEqual(warnings, []);
});

test("an id of any form has a document of its own", () => {
  const texts = ["a", "a/b", "a%2Fb", ".", "..", "__x__", "", "x".repeat(2_000), "\ud800", "me@lab.org", "ä"];
  const ids = texts.map(documentId);
  assert.equal(new Set(ids).size, texts.length);
  for (const id of ids) assert.match(id, /^(?!\.{1,2}$)(?!__.*__$)[^/]{1,1500}$/);
  assert.equal(
    documentId("2026-02-27_rnaseq_001~r1~run.completed"),
    "2026-02-27_rnaseq_001~r1~run.completed",
  );
  assert.equal(documentId("me@lab.org"), "me@lab.org");
});

test("a job whose head is very long is read whole, and given as a head", async (t) => {
  const opened = await openStore(t);
  if (!opened) return;
  const { store, another } = opened;
  const run = await started(store);
  const error = "x".repeat(20_000);
  const jobs = [aJob({ run_id: run.run_id, error }), aJob({ run_id: run.run_id, sample: "b" })];
  await store.commit(aCommit(run, { jobs }));
  const other = another();
  const loaded = (await other.load(run.run_id, 0, "heads")) ?? assert.fail();
  assert.deepEqual(
    loaded.jobs.map((job) => [job.key, job.error?.length, job.whole, job.inputs]),
    [
      ["fastqc-b", undefined, false, {}],
      ["fastqc-sample01", 20_000, false, {}],
    ],
  );
  assert.equal(other.usage.reads, 4);
});
