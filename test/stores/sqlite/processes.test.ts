import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import type { RunStore } from "../../../src/ports.ts";
import { openSqliteStore } from "../../../src/stores/sqlite/sqlite-store.ts";
import { type Line, storeProcess } from "./start-process.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

test("several processes at once on a new store: ids without a gap, unique names, no commit lost", async (t) => {
  const path = join(temporaryDirectory(t), "new", "store.db");
  const processes = Array.from({ length: 4 }, () => storeProcess(t, ["hammer", path, "25"]));
  const lines = (await Promise.all(processes)).flat();
  const expected = Array.from(
    { length: 100 },
    (_, at) => `2026-02-27_rnaseq_${String(at + 1).padStart(3, "0")}`,
  );
  assert.deepEqual(lines.map((line) => line["id"]).sort(), expected);
  assert.equal(new Set(lines.map((line) => line["name"])).size, 100);

  const store = openSqliteStore({ path });
  t.after(() => store.close());
  const shared = await store.readRun("2026-02-27_rnaseq_001");
  assert.equal(shared?.planned, 100);
  assert.equal(shared?.rev, 100);
  const events = await store.readEvents("2026-02-27_rnaseq_001", -1, 1000);
  assert.deepEqual(
    events.map((event) => event.seq),
    expected.map((_, seq) => seq),
  );
});

test("kill -9 in the middle of commits leaves a whole store, with everything that was acknowledged", async (t) => {
  const path = join(temporaryDirectory(t), "store.db");
  const jobs = 100;
  for (let kill = 1; kill <= 5; kill++) {
    // Killed while it works on what follows its line number 3, 6, 9 ...: within starts and within commits.
    const seen: Line[] = [];
    await storeProcess(t, ["commit-for-ever", path, String(jobs)], {
      onLine: (line, child) => {
        if (seen.push(line) === kill * 3 + (kill % 3)) child.kill("SIGKILL");
      },
    });
    assert.ok(seen.length >= kill * 3);
    const store = openSqliteStore({ path });
    for (const { id, rev } of seen) {
      const run = await store.readRun(String(id));
      assert.ok(run && run.rev >= Number(rev), `commit ${rev} of run ${id} was acknowledged and is lost`);
    }
    await assertWhole(store, jobs);
    await store.close();
    assertIntact(path);
  }
});

/** Every run has all that its start and its last commit wrote, and nothing else. */
async function assertWhole(store: RunStore, jobs: number): Promise<void> {
  const { items } = await store.queryRuns({ limit: 10_000 });
  for (const { run_id, rev, event_count, name } of items) {
    const loaded = await store.load(run_id, 0, "whole");
    assert.deepEqual(
      [...new Set(loaded?.jobs.map((job) => job.rev))],
      rev === 0 ? [] : [rev],
      `jobs of ${run_id} at revision ${rev}`,
    );
    assert.equal(loaded?.jobs.length, rev === 0 ? 0 : jobs);
    assert.equal(event_count, rev + 1);
    assert.equal((await store.readEvents(run_id, -1, 100)).length, event_count);
    assert.notEqual(await store.readSheet(run_id, 0), null);
    assert.deepEqual(await store.resolve(name), [run_id]);
  }
  assert.equal((await store.queryNotices({ limit: 10_000 })).length, items.length);
  const ids = items.map((run) => Number(run.run_id.split("_")[2])).sort((a, b) => a - b);
  assert.deepEqual(
    ids,
    items.map((_, index) => index + 1),
  );
}

function assertIntact(path: string): void {
  const database = new DatabaseSync(path);
  const found = database.prepare("PRAGMA integrity_check").all();
  database.close();
  assert.deepEqual(
    found.map((row) => row["integrity_check"]),
    ["ok"],
  );
}
