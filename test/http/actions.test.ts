import assert from "node:assert/strict";
import { test } from "node:test";
import { tickAll } from "../../src/app/tick.ts";
import { aStartBody, ask, type MemoryApp, openMemoryApp } from "./memory-app.ts";

async function started(app: MemoryApp, fields: Record<string, unknown> = {}): Promise<string> {
  const answer = await ask(app, "POST", "/v1/runs", { body: aStartBody(app, fields) });
  assert.equal(answer.status, 201, answer.body);
  return String(answer.json["run_id"]);
}
const tick = (app: MemoryApp) => tickAll(app.deps, app.cache, "due");
const act = (app: MemoryApp, id: string, action: string, body?: unknown) =>
  ask(app, "POST", `/v1/runs/${id}/${action}`, { body, caller: "ann@lab.org" });

async function cancelled(app: MemoryApp): Promise<string> {
  const id = await started(app);
  await tick(app);
  assert.equal((await act(app, id, "cancel")).status, 200);
  await tick(app);
  await tick(app);
  assert.equal((await app.deps.store.readRun(id))!.status, "cancelled");
  return id;
}

test("approve lets a held run begin, once", async (t) => {
  const app = await openMemoryApp(t);
  const id = await started(app, { plan_only: true });
  await tick(app);
  assert.equal((await app.deps.store.readRun(id))!.status, "planning");
  const answer = await act(app, id, "approve");
  assert.equal(answer.status, 200, answer.body);
  assert.equal(answer.json["status"], "running");
  assert.equal((await act(app, id, "approve")).status, 200, "again changes nothing");
});

test("cancel stands on the run with who asked, and an ended run is not cancelled again", async (t) => {
  const app = await openMemoryApp(t);
  const id = await started(app);
  await tick(app);
  const answer = await act(app, id, "cancel", {});
  assert.equal((answer.json["stopping"] as { by: string }).by, "ann@lab.org");
  await tick(app);
  await tick(app);
  const late = await act(app, id, "cancel");
  assert.equal(late.status, 409);
  assert.match(String(late.json["detail"]), /already ended/);
});

test("retry opens an ended run for what is selected, with the resources that are set", async (t) => {
  const app = await openMemoryApp(t);
  const running = await started(app);
  assert.equal((await act(app, running, "retry")).status, 409, "it has not ended");
  const id = await cancelled(app);
  assert.equal((await act(app, id, "retry", { samples: ["nobody"] })).status, 409);
  assert.equal((await act(app, id, "retry", { set: { raeds: { cpu: 1 } } })).status, 400);
  assert.equal((await act(app, id, "retry", { smaples: ["s1"] })).status, 400);
  const answer = await act(app, id, "retry", { samples: ["s1"], set: { reads: { memory: "128MiB" } } });
  assert.deepEqual([answer.status, answer.json["status"]], [200, "running"]);
  const jobs = await app.deps.store.readJobs(id, ["reads-s1", "reads-s2"]);
  assert.deepEqual(
    jobs.map((job) => [job.status, job.resources]),
    [
      ["pending", { cpu: 2, memory: "128MiB" }],
      ["cancelled", { cpu: 2, memory: "64MiB" }],
    ],
  );
});

test("resume starts a new run with what shall be otherwise", async (t) => {
  const app = await openMemoryApp(t);
  const id = await cancelled(app);
  const answer = await act(app, id, "resume", { name: "second-try" });
  assert.equal(answer.status, 201, answer.body);
  assert.equal(answer.json["name"], "second-try");
  assert.equal(answer.headers["location"], `/v1/runs/${answer.json["run_id"]}`);
  const run = (await app.deps.store.readRun(String(answer.json["run_id"])))!;
  assert.deepEqual([run.resumed_from, run.requested_by], [id, "ann@lab.org"]);
  assert.equal((await act(app, id, "resume", { pipeline: "nope" })).status, 400);
  assert.equal((await act(app, "second-try", "resume")).status, 409, "it has not ended");
});

test("an action on no run is 404, whatever it is", async (t) => {
  const app = await openMemoryApp(t);
  for (const action of ["approve", "cancel", "retry", "resume"])
    assert.equal((await act(app, "nothing", action)).status, 404, action);
});
