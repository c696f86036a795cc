import assert from "node:assert/strict";
import { test } from "node:test";
import { keepTold, readTold } from "../../src/app/thread.ts";
import type { RunStore, Thread } from "../../src/ports.ts";
import { openMemoryStore } from "../sim/memory-store.ts";
import { monitorDeps } from "../sim/monitor.ts";
import { World } from "../sim/world.ts";
import { aNotice } from "../support/documents.ts";

const NOTICE = aNotice();

function open(write?: (thread: Thread, store: RunStore) => Promise<boolean>) {
  const plain = openMemoryStore();
  const warnings: string[] = [];
  let writes = 0;
  const store: RunStore = {
    ...plain,
    updateThread: (thread) => {
      writes += 1;
      return write ? write(thread, plain) : plain.updateThread(thread);
    },
  };
  const world = new World(() => ({ kind: "ok" }));
  const deps = { ...monitorDeps(world, store), warn: (text: string) => warnings.push(text) };
  return { deps, store: plain, warnings, writes: () => writes };
}

test("what others write of their recipients at the same time is kept, too", async () => {
  let isFirst = true;
  const { deps, store } = open(async (thread, plain) => {
    if (isFirst) {
      isFirst = false;
      const others = { ended_round: 1, progress_at: null, kept: { ts: "1" } };
      await plain.updateThread({ ...thread, recipients: { others } });
    }
    return plain.updateThread(thread);
  });
  await keepTold(deps, NOTICE, { kind: "delivered", keep: { ts: "2" } });
  const { recipients } = await store.readThread(NOTICE.run_id, NOTICE.channel);
  assert.deepEqual(
    Object.entries(recipients).map(([name, { kept }]) => [name, kept["ts"]]),
    [
      ["others", "1"],
      ["lab", "2"],
    ],
  );
});

test("an end of an earlier round that is told late does not open the later one again", async () => {
  const { deps, store } = open();
  await keepTold(deps, { ...NOTICE, round: 2 }, { kind: "delivered" });
  await keepTold(deps, { ...NOTICE, round: 1 }, { kind: "delivered" });
  assert.equal((await readTold(store, NOTICE)).ended_round, 2);
});

test("what could not be kept is said, and the message counts as sent all the same", async () => {
  const away = open(() => Promise.reject(new Error("the disk is full")));
  await keepTold(away.deps, NOTICE, { kind: "delivered" });
  assert.match(
    away.warnings.join(),
    /^what channel lab was told of \S+ could not be kept: the disk is full$/,
  );
  const busy = open(async () => false);
  await keepTold(busy.deps, NOTICE, { kind: "delivered" });
  assert.match(busy.warnings.join(), /others wrote it \d times at once$/);
});

test("a message that did not arrive and leaves nothing behind costs no write", async () => {
  const { deps, writes } = open();
  await keepTold(deps, NOTICE, { kind: "ambiguous", reason: "timeout" });
  await keepTold(deps, { ...NOTICE, event: "run.started" }, { kind: "delivered" });
  assert.equal(writes(), 0);
});
