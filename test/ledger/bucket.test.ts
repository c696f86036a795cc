/** The ledger in a bucket: the same writer, over Cloud Storage. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { Run } from "../../src/core/run.ts";
import { openGcsFiles } from "../../src/files/gcs/gcs-files.ts";
import { writeLedger } from "../../src/ledger/write-ledger.ts";
import { openBucket } from "../files/gcs/open.ts";
import { openMemoryStore } from "../sim/memory-store.ts";
import { aCommit, aRun, aStart } from "../support/documents.ts";

const LEDGER = "gs://lab-data/bioagent";
const at = (seconds: number) => new Date(Date.parse("2026-02-27T10:00:00Z") + seconds * 1000).toISOString();

async function aLedger(t: TestContext) {
  // The service's own limit of one write a second and object, by the same clock as the writers wait by.
  const { files, storage } = await openBucket(t, { writeIntervalMilliseconds: 1000 });
  const store = openMemoryStore();
  return {
    ...{ files, storage, store },
    start: async (name: string): Promise<Run> => {
      const config = { ...aRun().config, output: `gs://lab-data/out/${name}/` };
      const result = await store.start(aStart({ name }, { config }));
      assert.equal(result.kind, "created");
      return result.run;
    },
    change: async (run: Run, fields: Partial<Run>): Promise<Run> => {
      const now = (await store.readRun(run.run_id))!;
      await store.commit(aCommit({ ...now, ...fields }));
      return (await store.readRun(run.run_id))!;
    },
    runFile: async (id: string) =>
      JSON.parse((await files.read(`${LEDGER}/runs/${id}.json`)) ?? "null") as Run,
    memory: async () => (await files.read(`${LEDGER}/memory.md`)) ?? "",
  };
}

test("a run's life leaves its file, its manifest and memory.md in a bucket", async (t) => {
  const { files, store, start, change, runFile, memory } = await aLedger(t);
  const ledger = writeLedger({ files, ledger: LEDGER, store });
  const run = await start("one");
  assert.deepEqual(await ledger.record([run], at(0)), []);
  assert.deepEqual(await ledger.record([await change(run, { status: "running" })], at(1)), []);
  const end = await change(run, { status: "completed", completed_at: at(2) });
  assert.deepEqual(await ledger.record([end], at(2)), []);
  assert.equal((await runFile(run.run_id)).status, "completed");
  assert.match(await memory(), new RegExp(`${run.run_id} \\| rnaseq \\| completed \\|`));
  const manifest = JSON.parse((await files.read("gs://lab-data/out/one/job_manifest.json")) ?? "");
  assert.equal(manifest.status, "completed");
});

test("two writers at once lose nothing of each other", async (t) => {
  const { files, storage, store, start, change, runFile, memory } = await aLedger(t);
  const patience = { sleep: async () => undefined, random: () => 0 };
  const others = openGcsFiles({ emulator: storage.url, projectId: null, patience });
  const writers = [files, others].map((of) => writeLedger({ files: of, ledger: LEDGER, store }));
  const runs = [await start("one"), await start("two"), await start("three")];
  for (const [second, status] of (["running", "completed"] as const).entries()) {
    const changed = await Promise.all(runs.map((run) => change(run, { status })));
    // One knows of some runs, the other of others, both of the one in the middle; each renders memory.md.
    await Promise.all([
      writers[0]!.record(changed.slice(0, 2), at(second)),
      writers[1]!.record(changed.slice(1), at(second)),
    ]);
  }
  // What a writer could not write for too many writes a second, it writes in a later pass.
  for (const writer of writers) assert.deepEqual(await writer.record([], at(120)), []);
  for (const run of runs) {
    assert.equal((await runFile(run.run_id)).status, "completed");
    assert.match(await memory(), new RegExp(`${run.run_id} \\| rnaseq \\| completed \\|`));
  }
});

test("a bucket that cannot be written is a warning, and the ledger is made good later", async (t) => {
  const { files, storage, store, start, runFile, memory } = await aLedger(t);
  const ledger = writeLedger({ files, ledger: LEDGER, store });
  const run = await start("one");
  await storage.faults({ operation: "objects.insert", times: null, then: { status: 403 } });
  const warnings = await ledger.record([run], at(0));
  assert.match(
    warnings.join("\n"),
    /runs\/.*\.json was not written: writing gs:\/\/lab-data\/bioagent\/runs.*permission denied/,
  );
  await fetch(`${storage.url}/control/faults`, { method: "DELETE" });
  assert.deepEqual(await ledger.record([run], at(120)), []);
  assert.equal((await runFile(run.run_id)).run_id, run.run_id);
  assert.match(await memory(), new RegExp(run.run_id));
});
