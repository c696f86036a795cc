import assert from "node:assert/strict";
import { test } from "node:test";
import { openProject, type Project, type ShownRun } from "./project.ts";
import { checkSixty, sixtyArgs } from "./sixty-jobs.ts";

test("two runs and two tick loops on one store at once: no id twice, no attempt executed twice", async (t) => {
  const project = openProject(t);
  const other: Project = { ...project, write: (name, text) => project.write(`other-${name}`, text) };
  const running = [project.run(...sixtyArgs(project, "--wait")), project.run(...otherArgs(other))];
  let going = true;
  const loops = [tickWhile(project, () => going), tickWhile(project, () => going)];
  const ended = await Promise.all(running);
  going = false;
  for (const result of await Promise.all(loops)) assert.equal(result, "");
  for (const result of ended) assert.equal(result.code, 3, result.err);

  const { runs } = await project.json<{ runs: { run_id: string; name: string }[] }>("list");
  assert.equal(runs.length, 2);
  assert.equal(new Set(runs.map((run) => run.run_id)).size, 2);
  assert.equal(new Set(runs.map((run) => run.name)).size, 2);
  const shown = await Promise.all(
    runs.map((run) =>
      project.json<ShownRun & { config: { params: { witness: string } } }>("show", run.run_id),
    ),
  );
  const ids = shown.flatMap((run) =>
    Object.values(run.jobs).flatMap((job) => job.attempts.map((attempt) => attempt.id)),
  );
  assert.equal(new Set(ids).size, ids.length);
  for (const run of shown) checkSixty(run.config.params.witness, run);
  const { notices } = await project.json<{ notices: { status: string; run_id: string }[] }>("notices");
  assert.deepEqual(
    notices.map((notice) => notice.status),
    ["sent", "sent"],
  );
});

/** The same pipeline with a witness of its own, in a folder of its own. */
function otherArgs(project: Project): string[] {
  const args = sixtyArgs(project, "--wait");
  return args.map((arg) => (arg === "sixty.yaml" ? "other-sixty.yaml" : arg));
}

/** Ticks on until told to stop; what it complained of, or nothing. */
async function tickWhile(project: Project, going: () => boolean): Promise<string> {
  let complaints = "";
  while (going()) {
    const done = await project.run("tick");
    if (done.code !== 0) complaints += done.err;
  }
  return complaints;
}
