import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { onlyRun, openProject, type Project, type ShownRun } from "./project.ts";
import { checkSixty, sixtyArgs } from "./sixty-jobs.ts";

/** `npm run test:chaos` asks for 200. */
const KILLS = Number(process.env["BIOAGENT_KILLS"] ?? 20);

/** How long the run takes here when nobody kills it, milliseconds: kills fall anywhere within. */
let span = Number.POSITIVE_INFINITY;
for (const warmUp of [1, 2]) {
  test(`nobody killed it: the run ends as it should, measure ${warmUp}`, async (t) => {
    const project = openProject(t);
    const started = Date.now();
    const { code, err } = await project.run(...sixtyArgs(project, "--wait"));
    span = Math.min(span, Date.now() - started);
    assert.equal(code, 3, err);
    const run = await project.json<ShownRun>("show", await onlyRun(project));
    checkSixty(join(project.folder, "witness.txt"), run);
  });
}

for (let seed = 1; seed <= KILLS; seed++) {
  test(`kill ${seed}: kill -9 of bioagent run loses nothing, repeats nothing, and tells the end once`, async (t) => {
    const project = openProject(t);
    const { child, done } = project.start(...sixtyArgs(project, "--wait"));
    // The moment of the kill is the point of the test, not a wait for something.
    await sleep(momentOf(seed));
    child.kill("SIGKILL");
    const killed = await done;
    const { runs } = await project.json<{ runs: unknown[] }>("list");
    if (runs.length === 0)
      return t.diagnostic("killed before the run was started: nothing is there, nothing is half-written");
    const run = await tickToTheEnd(project);
    checkSixty(join(project.folder, "witness.txt"), run);
    const { notices } = await project.json<{ notices: { status: string; event: string; tries: number }[] }>(
      "notices",
    );
    assert.deepEqual(
      notices.map(({ event, status }) => [event, status]),
      [["run.completed", "sent"]],
    );
    t.diagnostic(`${killed.signal ? "killed" : "had ended"} after ${momentOf(seed)} ms`);
  });
}

/** Seeded, so that a failing kill can be made again: a multiplicative hash spreads the seeds over the span. */
function momentOf(seed: number): number {
  return Math.floor((((seed * 2654435761) >>> 0) / 2 ** 32) * span);
}

async function tickToTheEnd(project: Project): Promise<ShownRun> {
  const id = await onlyRun(project);
  for (let ticks = 0; ticks < 200; ticks++) {
    const ticked = await project.run("tick");
    assert.equal(ticked.code, 0, ticked.err);
    const run = await project.json<ShownRun>("show", id);
    if (["completed", "failed", "cancelled"].includes(run.status)) return run;
  }
  throw new Error("the run has not ended after 200 ticks");
}
