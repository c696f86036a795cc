import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { tickRun } from "../../../src/app/tick.ts";
import type { Event } from "../../../src/core/event.ts";
import { isFinalRun, JOB_STATUSES } from "../../../src/core/status.ts";
import { openPoll } from "../../../src/http/poll.ts";
import { aRequest } from "../../http/memory-app.ts";
import { type CloudApp, lookAnew } from "./cloud-app.ts";
import { quickTime } from "./quick-time.ts";
import { SMALL_RESOURCES } from "./work-pipeline.ts";
import { openWorld } from "./world.ts";

/** Two steps of which every execution writes one line, from outside the monitor's sight; s2 fails once. */
const witnessed = (witness: string) => {
  const script = (step: string) => `printf '%s\\n' "${step}-$SAMPLE $ATTEMPT" >> '${witness}'
if [ "$SAMPLE $ATTEMPT" = "s2 1" ]; then exit 3; fi
printf x > "$OUTPUT_DIR/${step}-$SAMPLE.txt"`;
  const step = (id: string) => ({
    ...{ id, script: script(id), resources: SMALL_RESOURCES, outputs: [`${id}-{sample}.txt`] },
  });
  return { pipeline: "raced", steps: [step("first"), { ...step("second"), needs: ["first"] }] };
};
const SAMPLES = ["s1", "s2", "s3"];
const RAN = [
  ...["first-s1 1", "first-s2 1", "first-s2 2", "first-s3 1"],
  ...["second-s1 1", "second-s2 1", "second-s2 2", "second-s3 1"],
];

/** The store's word against the witness's, and against itself. */
async function check(app: CloudApp, run_id: string, witness: string): Promise<void> {
  const { run, jobs } = (await app.deps.store.load(run_id, 0, "whole"))!;
  assert.deepEqual([run.status, run.outcome], ["completed", "all_succeeded"]);
  assert.deepEqual(readFileSync(witness, "utf8").trim().split("\n").toSorted(), RAN, "what really ran");
  const attempts = jobs.flatMap((job) => job.attempts.map(({ attempt }) => `${job.key} ${attempt}`));
  assert.deepEqual(attempts.toSorted(), RAN);
  const { total_jobs: _total, notes: _notes, ...summary } = run.summary;
  const statuses = JOB_STATUSES.map((one) => [one, jobs.filter(({ status }) => status === one).length]);
  assert.deepEqual(summary, Object.fromEntries(statuses));
  const events = await app.deps.store.readEvents(run_id, -1, 500);
  assert.deepEqual(
    events.map(({ seq }) => seq),
    events.map((_, at) => at),
  );
  const count = (type: Event["type"]) => events.filter((event) => event.type === type).length;
  assert.deepEqual(
    [count("job.recorded"), count("job.succeeded"), count("job.decided"), count("run.completed")],
    [8, 6, 2, 1],
  );
}

test("two processes tick one run thirty times each at once: each attempt is made once, each event is written once", async (t) => {
  const world = await openWorld(t);
  if (!world) return;
  const apps = [await world.open(), await world.open()];
  const witness = join(world.folder, "witness");
  const { run_id } = await apps[0]!.start(witnessed(witness), SAMPLES);
  const tickOften = async (app: CloudApp): Promise<void> => {
    for (let ticks = 0; ticks < 30; ticks++) {
      await lookAnew(app.deps);
      // What a lost race leaves undone the next tick does.
      await tickRun(app.deps, app.cache, run_id).catch((error: unknown) => app.deps.warn(String(error)));
      world.pass(1);
      await sleep(15);
    }
  };
  await Promise.all(apps.map(tickOften));
  await apps[1]!.end(run_id);
  await check(apps[0]!, run_id, witness);
  assert.deepEqual(
    apps.flatMap(({ warnings }) => warnings),
    [],
  );
});

test("two polls at once, again and again: one end, told once", async (t) => {
  const world = await openWorld(t);
  if (!world) return;
  const apps = [await world.open(), await world.open()];
  const polls = apps.map((app) => openPoll(app, { cloudService: null, time: quickTime(world) }));
  const witness = join(world.folder, "witness");
  const { run_id } = await apps[0]!.start(witnessed(witness), SAMPLES);
  for (let rounds = 0; rounds < 150; rounds++) {
    await Promise.all(apps.map(({ deps }) => lookAnew(deps)));
    const answers = await Promise.all([...polls, ...polls].map((poll) => poll(aRequest("POST", "/"))));
    for (const { status, body } of answers)
      assert.deepEqual([status, (JSON.parse(body) as { errors: string[] }).errors], [200, []]);
    if (isFinalRun((await apps[0]!.deps.store.readRun(run_id))!.status)) break;
    world.pass(10);
    await sleep(30);
  }
  await Promise.all(polls.map((poll) => poll(aRequest("POST", "/"))));
  await check(apps[1]!, run_id, witness);
  const told = apps.flatMap((app) => app.told.map(({ event }) => event));
  assert.deepEqual(told, ["run.completed"]);
});

test("eight writers of one run document at once: each revision has one author, and none is lost", async (t) => {
  const world = await openWorld(t);
  if (!world) return;
  const apps = await Promise.all(Array.from({ length: 4 }, () => world.open()));
  const { run_id } = await apps[0]!.start(witnessed(join(world.folder, "witness")), SAMPLES, { hold: true });
  const before = (await apps[0]!.deps.store.readRun(run_id))!;
  const done: { rev: number; text: string }[] = [];
  const write = async ({ deps }: CloudApp, writer: number): Promise<void> => {
    for (let own = 0; own < 5; ) {
      const run = (await deps.store.readRun(run_id))!;
      const text = `${writer} ${own}`;
      // Without an event, whose number alone would let only one of two writers through.
      const result = await deps.store.commit({
        run: { ...run, notes: [...run.notes, text] },
        ...{ jobs: [], events: [], notices: [] },
      });
      if (result.kind === "conflict") continue;
      done.push({ rev: result.rev, text });
      own += 1;
    }
  };
  await Promise.all([...apps, ...apps].map(write));
  const run = (await apps[0]!.deps.store.readRun(run_id))!;
  assert.equal(run.rev, before.rev + 40);
  const inOrder = done.toSorted((a, b) => a.rev - b.rev);
  assert.deepEqual(
    inOrder.map(({ rev }) => rev),
    Array.from({ length: 40 }, (_, at) => before.rev + 1 + at),
  );
  assert.deepEqual(
    run.notes.slice(before.notes.length),
    inOrder.map(({ text }) => text),
  );
});
