import assert from "node:assert/strict";
import { test } from "node:test";
import { tickAll } from "../../src/app/tick.ts";
import { ROUTES } from "../../src/http/api.ts";
import { aStartBody, ask, type MemoryApp, openMemoryApp } from "./memory-app.ts";

async function started(app: MemoryApp, fields: Record<string, unknown> = {}): Promise<string> {
  const answer = await ask(app, "POST", "/v1/runs", { body: aStartBody(app, fields) });
  assert.equal(answer.status, 201, answer.body);
  return String(answer.json["run_id"]);
}
const tick = (app: MemoryApp) => tickAll(app.deps, app.cache, "due");
const idsOf = (json: Record<string, unknown>) =>
  (json["runs"] as { run_id: string }[]).map(({ run_id }) => run_id);

test("runs are listed newest first, by page and by condition", async (t) => {
  const app = await openMemoryApp(t);
  const one = await started(app, { name: "one", labels: { team: "x:y" } });
  const two = await started(app, { name: "two", labels: { team: "b" } });
  const three = await started(app, { name: "three", plan_only: true });
  await tick(app);
  const list = async (query: string) => (await ask(app, "GET", `/v1/runs?${query}`)).json;
  assert.deepEqual(idsOf(await list("")).sort(), [one, two, three]);
  assert.deepEqual(idsOf(await list("status=planning")), [three]);
  assert.equal(idsOf(await list("status=planning,running")).length, 3);
  assert.equal(idsOf(await list("status=planning&status=running")).length, 3);
  assert.deepEqual(idsOf(await list("label=team:x:y")), [one]);
  assert.deepEqual(idsOf(await list("label=team=b&pipeline=qc&executor=local")), [two]);
  assert.deepEqual(idsOf(await list("q=thre")), [three]);
  assert.deepEqual(idsOf(await list("since=2999-01-01")), []);
  assert.equal(idsOf(await list("until=2999-01-01T00:00:00Z")).length, 3);
  const first = await list("limit=2");
  const rest = await list(`limit=2&cursor=${first["cursor"]}`);
  assert.deepEqual([...idsOf(first), ...idsOf(rest)].sort(), [one, two, three]);
  assert.equal(rest["cursor"], null);
  assert.equal("jobs" in (first["runs"] as object[])[0]!, false);
});

test("a wrong query is 400 and names its part", async (t) => {
  const app = await openMemoryApp(t);
  for (const [query, path] of [
    ["status=done", "status[0]"],
    ["limit=0", "limit"],
    ["limit=1e9", "limit"],
    ["since=yesterday", "since"],
    ["label=team", "label[0]"],
    ["cursor=abc", "cursor"],
    ["colour=red", "colour"],
    ["q=a&q=b", "q"],
  ] as const) {
    const answer = await ask(app, "GET", `/v1/runs?${query}`);
    const paths = ((answer.json["problems"] ?? []) as { path: string }[]).map((problem) => problem.path);
    assert.deepEqual([answer.status, paths], [400, [path]], `${query}: ${answer.body}`);
  }
});

test("a run is found by id, name and unique beginning, with its jobs unless they are not wanted", async (t) => {
  const app = await openMemoryApp(t);
  const id = await started(app, { name: "blue-whale" });
  await tick(app);
  for (const reference of [id, "blue-whale", "blue", id.slice(0, -1)]) {
    const answer = await ask(app, "GET", `/v1/runs/${encodeURIComponent(reference)}`);
    assert.equal(answer.json["run_id"], id, reference);
    assert.deepEqual(Object.keys(answer.json["jobs"] as object), ["reads-s1", "reads-s2"]);
  }
  assert.equal("jobs" in (await ask(app, "GET", "/v1/runs/blue?jobs=false")).json, false);
  await started(app, { name: "blue-bird" });
  const answer = await ask(app, "GET", "/v1/runs/blue");
  assert.equal(answer.status, 404);
  assert.match(String(answer.json["detail"]), /may be/);
  assert.equal((await ask(app, "GET", "/v1/runs/nothing-here")).status, 404);
});

test("jobs of a run come by page and condition", async (t) => {
  const app = await openMemoryApp(t);
  const id = await started(app);
  app.ends.set("reads-s2", 3);
  for (let pass = 0; pass < 4; pass++) await tick(app);
  const jobs = async (query: string) => {
    const answer = await ask(app, "GET", `/v1/runs/${id}/jobs?${query}`);
    return (answer.json["jobs"] as { key: string }[]).map(({ key }) => key);
  };
  assert.deepEqual((await jobs("")).sort(), ["reads-s1", "reads-s2"]);
  assert.deepEqual(await jobs("class=app&exit_code=3"), ["reads-s2"]);
  assert.deepEqual(await jobs("sample=s1&step=reads&status=running"), ["reads-s1"]);
  assert.equal((await jobs("limit=1")).length, 1);
  assert.equal((await ask(app, "GET", "/v1/runs/nothing/jobs")).status, 404);
});

test("events come in order, after the one that is known", async (t) => {
  const app = await openMemoryApp(t);
  const id = await started(app);
  await tick(app);
  const all = (await ask(app, "GET", `/v1/runs/${id}/events`)).json["events"] as {
    seq: number;
    type: string;
  }[];
  assert.equal(all[0]!.type, "run.created");
  assert.deepEqual(
    all.map(({ seq }) => seq),
    all.map((_, at) => at),
  );
  const later = (await ask(app, "GET", `/v1/runs/${id}/events?after=0&limit=1`)).json["events"];
  assert.deepEqual(later, [all[1]]);
});

test("a log is plain text of the attempt and lines that are wanted", async (t) => {
  const app = await openMemoryApp(t);
  const id = await started(app);
  const log = (query = "") => ask(app, "GET", `/v1/runs/${id}/jobs/reads-s1/logs${query}`);
  assert.equal((await log()).status, 404, "not planned yet");
  await tick(app);
  const answer = await log("?lines=1");
  assert.equal(answer.body, "reads-s1 attempt 1\n");
  assert.equal(answer.headers["content-type"], "text/plain; charset=utf-8");
  assert.equal(answer.headers["x-content-type-options"], "nosniff");
  assert.match((await log("?attempt=1")).body, /^first\n/);
  assert.equal((await log("?attempt=7")).status, 404);
  assert.equal((await ask(app, "GET", `/v1/runs/${id}/jobs/nothing/logs`)).status, 404);
});

test("health says that the store answers, and 503 when it does not, without its words", async (t) => {
  let away = false;
  const app = await openMemoryApp(t, {
    store: (store) => ({
      ...store,
      uid: () => (away ? Promise.reject(new Error("secret-path is gone")) : store.uid()),
    }),
  });
  const well = await ask(app, "GET", "/v1/health");
  assert.equal(well.status, 200);
  assert.deepEqual([well.json["status"], well.json["store"]], ["ok", "sqlite"]);
  assert.match(String(well.json["version"]), /^\d+\.\d+\.\d+/);
  away = true;
  const ill = await ask(app, "GET", "/v1/health");
  assert.deepEqual([ill.status, ill.json["status"]], [503, "unavailable"]);
  assert.equal(ill.body.includes("secret-path"), false);
});

test("the OpenAPI document has every route, its parameters, bodies and errors", async (t) => {
  const app = await openMemoryApp(t);
  const { json } = await ask(app, "GET", "/v1/openapi.json");
  assert.equal(json["openapi"], "3.1.0");
  const paths = json["paths"] as Record<string, Record<string, Record<string, unknown>>>;
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  assert.deepEqual(operations.sort(), ROUTES.map(({ method, path }) => `${method} ${path}`).sort());
  assert.equal(operations.length, 19);
  const start = paths["/v1/runs"]!["post"]!;
  const statuses = Object.keys(start["responses"] as object);
  assert.deepEqual(statuses, ["200", "201", "400", "405", "409", "413", "415", "429", "500", "503"]);
  const text = JSON.stringify(start["requestBody"]);
  for (const field of ["samplesheet", "plan_only", "gcp_batch"]) assert.ok(text.includes(field), field);
  const document = JSON.stringify(paths["/v1/runs/{id}"]!["get"]);
  for (const field of ["retry_count", "all_succeeded", "name"]) assert.ok(document.includes(field), field);
});
