import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { advance } from "../../src/core/advance.ts";
import { type Chunk, chunk, MOST_BYTES, MOST_DOCUMENTS } from "../../src/core/chunk.ts";
import type { LoadedJob } from "../../src/core/job.ts";
import type { Observation } from "../../src/core/observation.ts";
import type { Run } from "../../src/core/run.ts";
import { isFinalJob, isFinalRun } from "../../src/core/status.ts";
import { assertFold, pipelineOf, Scene } from "./scene.ts";

const SUBSCRIBED = {
  subscriptions: [
    { on: ["run.completed" as const, "run.failed" as const, "job.skipped" as const], to: ["lab"] },
  ],
};
const LOOSE = { limits: { failed_jobs: 1, failed_samples: 1 } };

/** What every attempt will say, by job: decided once, whoever asks. */
type Ends = (scene: Scene, key: string) => Observation;

const passOf = (run: Run, jobs: ReadonlyMap<string, LoadedJob>, scene: Scene, seen: readonly Observation[]) =>
  advance({
    run,
    jobs,
    observations: seen,
    capacity: scene.capacity,
    recipients: new Map(),
    mostAttempts: 100,
    now: scene.now,
  });

/** A run of many jobs, all live, and a pass in which each of them ends. */
function bigPass(samples: number, ends: Ends) {
  const names = Array.from({ length: samples }, (_, at) => `s${at}`);
  const scene = new Scene(pipelineOf([{ id: "a" }, { id: "b", needs: ["a"] }], LOOSE), names, SUBSCRIBED);
  scene.advance();
  const seen = names.map((name) => ends(scene, `a-${name}`));
  return { scene, seen, pass: passOf(scene.run, scene.jobs, scene, seen) };
}

function mixed(salt: number): Ends {
  return (scene, key) => {
    const at = Number(key.slice(3)) * 31 + salt;
    if (at % 5 === 0) return scene.of(key, { status: "failed", exit_code: 126, log_tail: "x".repeat(9000) });
    return at % 7 === 0 ? scene.of(key, { status: "failed", exit_code: 137 }) : scene.ok(key);
  };
}

/** The state that a crash after these commits leaves. */
function after(scene: Scene, parts: readonly Chunk[]): { run: Run; jobs: Map<string, LoadedJob> } {
  const jobs = new Map(scene.jobs);
  let run = scene.run;
  for (const part of parts) {
    run = part.run;
    for (const job of part.jobs) jobs.set(job.key, { ...job, whole: true });
  }
  return { run, jobs };
}

/** Goes on from a state, everything succeeding from now on, to the end. */
function endFrom(scene: Scene, { run, jobs }: ReturnType<typeof after>): Scene {
  const rest = new Scene(run.pipeline_spec, run.samples);
  Object.assign(rest, { run, jobs, now: scene.now });
  for (let round = 0; round < 40 && !isFinalRun(rest.run.status); round++) {
    rest.wait(600);
    const live = [...rest.jobs.values()].filter((job) => !isFinalJob(job.status) && job.attempts.length > 0);
    const open = live.filter((job) =>
      ["recorded", "submitted", "running"].includes(job.attempts.at(-1)!.status),
    );
    rest.advance(open.map((job) => rest.ok(job.key)));
  }
  return rest;
}

test("every prefix of a big pass is a valid state, within the size of a commit, from which the same end is reached", () =>
  fc.assert(
    fc.property(fc.integer({ min: 300, max: 700 }), fc.nat(10), (samples, salt) => {
      const { scene, seen, pass } = bigPass(samples, mixed(salt));
      const parts = chunk(scene.run, scene.jobs, pass);
      assert.ok(parts.length > 1);
      let seq = scene.run.event_count;
      for (const [at, part] of parts.entries()) {
        const documents = [part.run, ...part.jobs, ...part.events, ...part.notices];
        assert.ok(documents.length <= MOST_DOCUMENTS, `${documents.length} documents`);
        assert.ok(Buffer.byteLength(JSON.stringify(documents)) <= MOST_BYTES);
        for (const event of part.events) assert.equal(event.seq, seq++);
        assert.equal(part.run.event_count, seq);
        const state = after(scene, parts.slice(0, at + 1));
        assertFold(state.run, state.jobs.values());
        assert.equal(isFinalRun(state.run.status), at === parts.length - 1 && isFinalRun(pass.run.status));
      }
      const whole = endFrom(scene, after(scene, parts));
      for (const survived of [0, 1, parts.length - 1]) {
        const { run, jobs } = after(scene, parts.slice(0, survived));
        const again = passOf(run, jobs, scene, seen);
        const redone = after({ ...scene, run, jobs } as Scene, chunk(run, jobs, again));
        const end = endFrom(scene, redone);
        assert.deepEqual(end.run.summary, { ...whole.run.summary, notes: end.run.summary.notes });
        assert.equal(end.run.outcome, whole.run.outcome);
      }
    }),
    { numRuns: 6 },
  ));

test("the end of a run, and what is told of a pass, stand in its last commit only", () => {
  const { scene, pass } = bigPass(600, (of, key) => of.of(key, { status: "failed", exit_code: 126 }));
  const parts = chunk(scene.run, scene.jobs, pass);
  const told = parts.map((part) => part.notices.length);
  assert.equal(pass.notices.length, 2);
  assert.deepEqual(told, [...parts.slice(1).map(() => 0), 2]);
  const ends = parts.map((part) => part.events.filter((event) => event.type === "run.failed").length);
  assert.deepEqual(ends, [...parts.slice(1).map(() => 0), 1]);
});

test("a run that was stopped by a pass is stopping from its first commit on", () => {
  const { scene, pass } = bigPass(600, (of, key) =>
    key === "a-s0" ? of.of(key, { status: "failed", ran: false, verdict: "config" }) : of.ok(key),
  );
  for (const part of chunk(scene.run, scene.jobs, pass)) assert.equal(part.run.stopping?.action, "abort");
});

test("a small pass is one commit, as it is", () => {
  const { scene, pass } = bigPass(3, mixed(1));
  const [only, ...rest] = chunk(scene.run, scene.jobs, pass);
  assert.equal(rest.length, 0);
  assert.deepEqual(only, { run: pass.run, jobs: pass.jobs, events: pass.events, notices: pass.notices });
});
