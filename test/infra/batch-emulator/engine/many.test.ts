import assert from "node:assert/strict";
import { test } from "node:test";
import { createChance } from "../../../../infra/batch-emulator/engine/chance.ts";
import { QUICK } from "../../../../infra/batch-emulator/engine/life.ts";
import { createStamp } from "../../../../infra/batch-emulator/engine/stamp.ts";
import { PLAIN_STORY } from "../../../../infra/batch-emulator/engine/story.ts";
import { createTimers } from "../../../../infra/batch-emulator/engine/timers.ts";
import { createEngine } from "../../../../infra/batch-emulator/engine.ts";
import { type BatchJob, type JobRecord, recordKey } from "../../../../infra/batch-emulator/model.ts";
import { memoryRecords } from "../../../../infra/batch-emulator/records.ts";
import { jobOf, lasting, until } from "./open.ts";

function recordOf(id: string): JobRecord {
  const job = {
    name: `projects/lab/locations/us-central1/jobs/${id}`,
    uid: `${id}-uid`,
    createTime: "",
    updateTime: "",
    status: { state: "QUEUED", runDuration: "0s" },
    ...jobOf([lasting(40)]),
  } as unknown as BatchJob;
  const where = { project: "lab", projectNumber: "1", location: "us-central1" };
  return { ...where, id, job, tasks: [], tasksVisibleAt: 0, requestId: null, engine: {} };
}

test("ten thousand lasting jobs run at once on one timer and without a process, and all end", async (t) => {
  const chance = createChance(1);
  const timers = createTimers(chance);
  const records = memoryRecords();
  const engine = createEngine({
    records,
    chance,
    timers,
    latencies: QUICK,
    speed: 10,
    runner: {
      start: () => assert.fail("a task that only lasts needs no process"),
      close: async () => {},
    },
    listener: { jobChanged() {}, taskChanged() {} },
    tellStory: () => PLAIN_STORY,
    stamp: createStamp(chance),
  });
  t.after(() => engine.close());
  for (let index = 0; index < 10_000; index += 1) {
    const record = recordOf(`job-${index}`);
    records.jobs.set(recordKey("lab", "us-central1", record.id), record);
    engine.admit(record);
  }
  const all = [...records.jobs.values()];
  const inState = (state: string) => all.filter(({ job }) => job.status.state === state).length;
  await until("all run", () => (inState("RUNNING") === 10_000 ? true : null));
  await until("all have ended", () => (inState("SUCCEEDED") === 10_000 ? true : null));
  assert.equal(engine.open(), 0);
});
