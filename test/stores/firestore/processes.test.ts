import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type TestContext, test } from "node:test";
import type { RunStore } from "../../../src/ports.ts";
import { type Opened, openStore } from "./open-store.ts";

type Line = Readonly<Record<string, unknown>>;
const PROCESS = join(import.meta.dirname, "store-process.ts");

/** Runs `store-process.ts`; `onLine` sees each line as it comes. Resolves with all of them at its end. */
async function storeProcess(
  t: TestContext,
  { host, projectId }: Opened,
  [work, argument]: readonly [string, string],
  onLine: (line: Line, child: ChildProcess) => void = () => {},
): Promise<Line[]> {
  const args = [PROCESS, work, host, projectId, argument];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  t.after(() => child.kill("SIGKILL"));
  const closed = once(child, "close");
  const lines: Line[] = [];
  for await (const text of createInterface({ input: child.stdout })) {
    const line = JSON.parse(text) as Line;
    lines.push(line);
    onLine(line, child);
  }
  await closed;
  return lines;
}

test("several processes at once on a new store: ids without a gap, unique names, no commit lost", async (t) => {
  const opened = await openStore(t);
  if (!opened) return;
  const { store } = opened;
  const processes = Array.from({ length: 3 }, () => storeProcess(t, opened, ["hammer", "10"]));
  const lines = (await Promise.all(processes)).flat();
  const expected = Array.from(
    { length: 30 },
    (_, at) => `2026-02-27_rnaseq_${String(at + 1).padStart(3, "0")}`,
  );
  assert.deepEqual(lines.map((line) => line["id"]).sort(), expected);
  assert.equal(new Set(lines.map((line) => line["name"])).size, 30);

  const shared = await store.readRun("2026-02-27_rnaseq_001");
  assert.deepEqual([shared?.planned, shared?.rev], [30, 30]);
  const events = await store.readEvents("2026-02-27_rnaseq_001", -1, 1000);
  assert.deepEqual(
    events.map((event) => event.seq),
    expected.map((_, seq) => seq),
  );
});

test("kill -9 in the middle of commits leaves a whole store, with everything that was acknowledged", async (t) => {
  const opened = await openStore(t);
  if (!opened) return;
  const { store } = opened;
  const jobs = 60;
  for (let kill = 1; kill <= 4; kill++) {
    // Killed while it works on what follows its line number 3, 6, 9 ...: within starts and within commits.
    const seen: Line[] = [];
    await storeProcess(t, opened, ["commit-for-ever", String(jobs)], (line, child) => {
      if (seen.push(line) === kill * 2 + (kill % 3)) child.kill("SIGKILL");
    });
    assert.ok(seen.length >= kill * 2);
    for (const { id, rev } of seen) {
      const run = await store.readRun(String(id));
      assert.ok(run && run.rev >= Number(rev), `commit ${rev} of run ${id} was acknowledged and is lost`);
    }
    await assertWhole(store, jobs);
  }
});

/** Every run has all that its start and its last commit wrote, and nothing else. */
async function assertWhole(store: RunStore, jobs: number): Promise<void> {
  const { items } = await store.queryRuns({ limit: 1_000 });
  for (const { run_id, rev, event_count, name } of items) {
    const loaded = await store.load(run_id, 0, "whole");
    assert.deepEqual([...new Set(loaded?.jobs.map((job) => job.rev))], rev === 0 ? [] : [rev]);
    assert.equal(loaded?.jobs.length, rev === 0 ? 0 : jobs);
    assert.equal(event_count, rev + 1);
    assert.equal((await store.readEvents(run_id, -1, 100)).length, event_count);
    assert.notEqual(await store.readSheet(run_id, 0), null);
    assert.deepEqual(await store.resolve(name), [run_id]);
  }
  assert.equal((await store.queryNotices({ limit: 1_000 })).length, items.length);
  const ids = items.map((run) => Number(run.run_id.split("_")[2])).sort((a, b) => a - b);
  assert.deepEqual(
    ids,
    items.map((_, index) => index + 1),
  );
}
