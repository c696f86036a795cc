import assert from "node:assert/strict";
import { mkdir, rm } from "node:fs/promises";
import { type TestContext, test } from "node:test";
import type { Run } from "../../src/core/run.ts";
import { openLocalFiles } from "../../src/files/local.ts";
import { exportLedger } from "../../src/ledger/export-ledger.ts";
import type { LedgerFiles } from "../../src/ledger/places.ts";
import { writeLedger } from "../../src/ledger/write-ledger.ts";
import type { RunStore } from "../../src/ports.ts";
import { aFolder, put } from "../files/folder.ts";
import { openMemoryStore } from "../sim/memory-store.ts";
import { aCommit, aJob, aRun, aStart } from "../support/documents.ts";

const at = (seconds: number) => new Date(Date.parse("2026-02-27T10:00:00Z") + seconds * 1000).toISOString();

async function aLedger(t: TestContext) {
  const root = await aFolder(t);
  const [disk, store, ledger] = [openLocalFiles(), openMemoryStore(), `${root}bioagent`];
  const written: string[] = [];
  const files: LedgerFiles = {
    read: disk.read,
    async write(uri, text) {
      await disk.write(uri, text);
      written.push(uri.replace(root, ""));
    },
  };
  return {
    ...{ root, store, files, ledger },
    writer: () => writeLedger({ files, ledger, store }),
    /** What was written since the last time. */
    writes: () => written.splice(0),
    runFile: async (id: string) => JSON.parse((await disk.read(`${ledger}/runs/${id}.json`)) ?? "null"),
    memory: () => disk.read(`${ledger}/memory.md`),
    start: async (name: string) => {
      const result = await store.start(
        aStart({ name }, { config: { ...aRun().config, output: `${root}out/${name}/` } }),
      );
      assert.equal(result.kind, "created");
      return result.run;
    },
  };
}

/** Commits these fields, with one job that changed, and gives the run as the store has it. */
async function change(store: RunStore, run: Run, fields: Partial<Run> = {}): Promise<Run> {
  const now = (await store.readRun(run.run_id))!;
  const job = aJob({ run_id: run.run_id, status: fields.status === "completed" ? "succeeded" : "running" });
  const done = await store.commit(aCommit({ ...now, ...fields }, { jobs: [job] }));
  assert.equal(done.kind, "done");
  return (await store.readRun(run.run_id))!;
}

test("a run's life leaves its file, its manifest and memory.md", async (t) => {
  const { writer, writes, runFile, memory, start, store, root, files } = await aLedger(t);
  const [ledger, run] = [writer(), await start("one")];
  assert.deepEqual(await ledger.record([run], at(0)), []);
  const all = ["out/one/job_manifest.json", `bioagent/runs/${run.run_id}.json`, "bioagent/memory.md"];
  assert.deepEqual([...new Set(writes())], all);
  assert.equal((await runFile(run.run_id)).status, "planning");
  await ledger.record([await change(store, run, { status: "running" })], at(1));
  assert.deepEqual([...new Set(writes())], all);
  const end = await change(store, run, { status: "completed", completed_at: at(2) });
  await ledger.record([end], at(2));
  const document = await runFile(run.run_id);
  assert.equal(document.status, "completed");
  assert.equal(document.rev, end.rev);
  assert.equal(document.jobs["fastqc-sample01"].status, "succeeded");
  assert.match((await memory()) ?? "", /_rnaseq_001 \| rnaseq \| completed \|/);
  const manifest = JSON.parse((await files.read(`${root}out/one/job_manifest.json`)) ?? "");
  assert.equal(manifest.status, "completed");
});

test("without a change of status a run's file is written once a minute, and nothing is forgotten", async (t) => {
  const { writer, writes, runFile, start, store } = await aLedger(t);
  const [ledger, run] = [writer(), await start("one")];
  const going = await change(store, run, { status: "running" });
  await ledger.record([going], at(0));
  writes();
  await ledger.record([await change(store, run, { current_step: "fastqc" })], at(30));
  assert.deepEqual(writes(), []);
  await ledger.record([], at(59));
  assert.deepEqual(writes(), []);
  await ledger.record([], at(60));
  assert.deepEqual(writes(), [`bioagent/runs/${run.run_id}.json`]);
  assert.equal((await runFile(run.run_id)).current_step, "fastqc");
  await ledger.record([], at(600));
  assert.deepEqual(writes(), []);
});

test("what a killed writer left behind is written by the next process", async (t) => {
  const { writer, writes, runFile, start, store } = await aLedger(t);
  const run = await start("one");
  await writer().record([await change(store, run, { status: "running" })], at(0));
  await change(store, run, { status: "completed" }); // and killed before the ledger
  writes();
  await writer().record([], at(5));
  assert.equal((await runFile(run.run_id)).status, "completed");
  assert.ok(writes().includes("bioagent/memory.md"));
  await writer().record([], at(6));
  assert.deepEqual(writes(), []);
});

test("a ledger that cannot be written warns, fails nothing, and is written once it is mended", async (t) => {
  const { writer, runFile, memory, start, store, ledger: folder } = await aLedger(t);
  await put(folder, "a file where the folder should be");
  const [ledger, run] = [writer(), await start("one")];
  const warnings = await ledger.record([run], at(0));
  assert.match(warnings.join("\n"), /^ledger: .*runs\/.*\.json was not written: .*(ENOTDIR|EEXIST)/m);
  assert.ok(warnings.every((line) => !line.includes("\n") && line.includes("bioagent export")));
  assert.deepEqual(await ledger.record([run], at(30)), [], "not tried again within the minute");
  await rm(folder);
  assert.deepEqual(await ledger.record([], at(61)), []);
  assert.equal((await runFile(run.run_id)).status, "planning");
  assert.match((await memory()) ?? "", /planning/);
  await ledger.record([await change(store, run, { status: "running" })], at(62));
});

test("memory.md never says more than the runs' files do", async (t) => {
  const { writer, memory, start, store, ledger: folder } = await aLedger(t);
  const [ledger, run] = [writer(), await start("one")];
  await ledger.record([run], at(0));
  const path = `${folder}/runs/${run.run_id}.json`;
  await rm(path);
  await mkdir(`${path}/in-the-way`, { recursive: true });
  const going = await change(store, run, { status: "running" });
  assert.equal((await ledger.record([going], at(1))).length, 1);
  await ledger.record([await start("two")], at(2));
  assert.match((await memory()) ?? "", /planning/);
  assert.doesNotMatch((await memory()) ?? "", /running/);
});

test("a manifest that cannot be written does not hold the ledger up", async (t) => {
  const { writer, root, memory, start } = await aLedger(t);
  await put(`${root}out`, "a file");
  const warnings = await writer().record([await start("one")], at(0));
  assert.equal(warnings.length, 1);
  assert.match(warnings[0]!, /out\/one\/job_manifest\.json was not written/);
  assert.match((await memory()) ?? "", /planning/);
});

test("a store that fails is a warning too", async (t) => {
  const { files, ledger, start, store } = await aLedger(t);
  const run = await start("one");
  const load = () => Promise.reject(new Error("the store is busy."));
  const warnings = await writeLedger({ files, ledger, store: { ...store, load } }).record([run], at(0));
  assert.match(warnings.join("\n"), /the store is busy/);
});

test("a state committed while an older one was being written is written after it", async (t) => {
  const { files, ledger, start, store, runFile } = await aLedger(t);
  const run = await start("one");
  let raced = false;
  const slow: LedgerFiles = {
    read: files.read,
    async write(uri, text) {
      if (!raced && uri.includes("/runs/")) {
        raced = true;
        const end = await change(store, run, { status: "completed" });
        await writeLedger({ files, ledger, store }).record([end], at(0)); // another process, faster than we
      }
      await files.write(uri, text);
    },
  };
  await writeLedger({ files: slow, ledger, store }).record([run], at(0));
  assert.equal((await runFile(run.run_id)).status, "completed");
});

test("a warm writer reads only the jobs that changed", async (t) => {
  const { files, ledger, start, store, runFile } = await aLedger(t);
  const run = await start("one");
  const since: number[] = [];
  const load: RunStore["load"] = (id, from, form) => {
    since.push(from);
    return store.load(id, from, form);
  };
  const writer = writeLedger({ files, ledger, store: { ...store, load } });
  const other = aJob({ run_id: run.run_id, sample: "sample00" });
  await store.commit(aCommit(run, { jobs: [other] }));
  await writer.record([run], at(0));
  const before = (await store.readRun(run.run_id))!.rev;
  await writer.record([await change(store, run, { status: "running" })], at(1));
  assert.deepEqual(since, [0, before]);
  assert.deepEqual(Object.keys((await runFile(run.run_id)).jobs).sort(), [
    "fastqc-sample00",
    "fastqc-sample01",
  ]);
});

test("export derives the whole ledger again", async (t) => {
  const { writer, files, ledger, store, start, root } = await aLedger(t);
  const runs = [await start("one"), await start("two")];
  await writer().record([await change(store, runs[0]!, { status: "running" }), runs[1]!], at(0));
  const places = [
    `${ledger}/memory.md`,
    ...runs.map((run) => `${ledger}/runs/${run.run_id}.json`),
    ...["one", "two"].map((name) => `${root}out/${name}/job_manifest.json`),
  ];
  const texts = () => Promise.all(places.map((place) => files.read(place)));
  const before = await texts();
  await rm(ledger, { recursive: true });
  await rm(`${root}out`, { recursive: true });
  assert.deepEqual(await exportLedger({ files, ledger, store }), { runs: 2, warnings: [] });
  assert.ok(before.every((text) => text !== null));
  assert.deepEqual(await texts(), before);
});

test("export of some runs to another folder leaves ledger and output folders alone", async (t) => {
  const { files, ledger, store, start, root, writes } = await aLedger(t);
  const [one] = [await start("one"), await start("two")];
  const to = `${root}copy`;
  const result = await exportLedger({ files, ledger, store, runs: [one.run_id, "2020-01-01_gone_001"], to });
  assert.equal(result.runs, 1);
  assert.match(result.warnings.join("\n"), /there is no run 2020-01-01_gone_001/);
  assert.deepEqual(writes(), [
    `copy/runs/${one.run_id}.json`,
    `copy/job_manifests/${one.run_id}.json`,
    "copy/memory.md",
  ]);
});

test("export pages through every run", async (t) => {
  const { files, ledger, store, start } = await aLedger(t);
  for (const name of ["one", "two", "three"]) await start(name);
  const queryRuns: RunStore["queryRuns"] = (query) =>
    store.queryRuns({ ...query, limit: Math.min(query.limit, 2) });
  assert.equal((await exportLedger({ files, ledger, store: { ...store, queryRuns } })).runs, 3);
});
