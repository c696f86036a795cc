import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { aStartBody, ask, openMemoryApp, QC } from "./memory-app.ts";

type Problem = { path: string; message: string };
const problemsOf = (answer: { json: Record<string, unknown> }) =>
  (answer.json["problems"] ?? []) as Problem[];
const pathsOf = (answer: { json: Record<string, unknown> }) => problemsOf(answer).map(({ path }) => path);

test("a start answers 201 with id, name, status and the run's place", async (t) => {
  const app = await openMemoryApp(t);
  const body = aStartBody(app, { name: "my-run", labels: { team: "a" }, description: "first" });
  const answer = await ask(app, "POST", "/v1/runs", { body, caller: "ann@lab.org" });
  assert.equal(answer.status, 201, answer.body);
  const id = String(answer.json["run_id"]);
  assert.match(id, /^\d{4}-\d\d-\d\d_qc_001$/);
  assert.deepEqual(answer.json, { run_id: id, name: "my-run", status: "planning" });
  assert.equal(answer.headers["location"], `/v1/runs/${id}`);
  const run = (await app.deps.store.readRun(id))!;
  assert.equal(run.requested_by, "ann@lab.org");
  assert.equal(run.config.output, `${join(app.folder, "out")}/${id}/`);
  assert.deepEqual(run.samples, ["s1", "s2"]);
  assert.deepEqual(run.labels, { team: "a" });
});

test("one Idempotency-Key starts one run, and is refused for another request", async (t) => {
  const app = await openMemoryApp(t);
  const headers = { "idempotency-key": "k1" };
  const first = await ask(app, "POST", "/v1/runs", { body: aStartBody(app), headers });
  const again = await ask(app, "POST", "/v1/runs", { body: aStartBody(app), headers });
  assert.equal(first.status, 201);
  assert.equal(again.status, 200);
  assert.equal(again.headers["idempotency-replayed"], "true");
  assert.equal(first.headers["idempotency-replayed"], undefined);
  assert.deepEqual(again.json, first.json);
  const other = await ask(app, "POST", "/v1/runs", { body: aStartBody(app, { samples: ["s9"] }), headers });
  assert.equal(other.status, 409);
  const odd = await ask(app, "POST", "/v1/runs", {
    body: aStartBody(app),
    headers: { "idempotency-key": "a b" },
  });
  assert.deepEqual([odd.status, pathsOf(odd)], [400, ["Idempotency-Key"]]);
  assert.equal((await app.deps.store.queryRuns({ limit: 10 })).items.length, 1);
});

test("a whole pipeline is taken where inline is allowed, and only there", async (t) => {
  const open = await openMemoryApp(t);
  const taken = await ask(open, "POST", "/v1/runs", { body: aStartBody(open, { pipeline: QC }) });
  assert.equal(taken.status, 201, taken.body);
  const closed = await openMemoryApp(t, { variables: { BIOAGENT_ALLOW_INLINE: "false" } });
  const refused = await ask(closed, "POST", "/v1/runs", { body: aStartBody(closed, { pipeline: QC }) });
  assert.deepEqual([refused.status, pathsOf(refused)], [400, ["pipeline"]]);
});

test("every problem of a request is named with its path", async (t) => {
  const app = await openMemoryApp(t);
  const shape = await ask(app, "POST", "/v1/runs", {
    body: { ...aStartBody(app), output: "relative", executor: "moon", smaples: [], status: "completed" },
  });
  assert.equal(shape.status, 400);
  assert.deepEqual(pathsOf(shape).sort(), ["executor", "output", "smaples", "status"]);
  const inside = await ask(app, "POST", "/v1/runs", {
    body: aStartBody(app, {
      pipeline: {
        pipeline: "qc",
        steps: [{ id: "a", script: "true", needs: ["b"], resources: { memory: "8 gigs" } }],
      },
      samples: ["ok", "../x", "a;rm", "ok"],
      reference: "rel/path",
    }),
  });
  assert.deepEqual(pathsOf(inside), [
    "pipeline.steps[0].needs[0]",
    "pipeline.steps[0].resources.memory",
    "samples[1]",
    "samples[2]",
    "samples[3]",
    "reference",
  ]);
  const later = await ask(app, "POST", "/v1/runs", {
    body: aStartBody(app, { notify: ["nobody"], params: { x: 1 }, labels: { "No Label": "x" } }),
  });
  assert.deepEqual(pathsOf(later).sort(), ["labels.No Label", "notify", "params.x"]);
  assert.equal((await app.deps.store.queryRuns({ limit: 10 })).items.length, 0, "nothing was created");
});

test("an empty request is told all that is missing at once, and what to send", async (t) => {
  const app = await openMemoryApp(t);
  for (const body of [{}, undefined]) {
    const answer = await ask(app, "POST", "/v1/runs", { body });
    assert.deepEqual([answer.status, pathsOf(answer)], [400, ["pipeline", "output", "samples"]]);
    const [pipeline, output, samples] = problemsOf(answer).map(({ message }) => message);
    assert.match(pipeline!, /^is missing: send the name of a pipeline, such as "rnaseq", or a whole one/);
    assert.match(output!, /^is missing: send where outputs go: an absolute path, or gs:\/\/bucket\/folder$/);
    assert.match(samples!, /^are missing: send names, \["s1", "s2"\], or rows, .*samplesheet/);
  }
  const known = await ask(app, "POST", "/v1/runs", { body: { pipeline: "qc" } });
  assert.deepEqual(pathsOf(known), ["output"], "whether this one needs samples is said when it is read");
  const given = await ask(app, "POST", "/v1/runs", {
    body: { samplesheet: "/in/sheet.csv", output: "/out" },
  });
  assert.deepEqual(pathsOf(given), ["pipeline"]);
});

test("a pipeline that is neither a name nor a whole one is told what to send", async (t) => {
  const app = await openMemoryApp(t);
  for (const [pipeline, said] of [
    [5, "5"],
    [null, "an empty value"],
    [["qc"], "a list"],
  ] as const) {
    const answer = await ask(app, "POST", "/v1/runs", { body: aStartBody(app, { pipeline }) });
    assert.deepEqual(pathsOf(answer), ["pipeline"]);
    assert.ok(
      problemsOf(answer)[0]!.message.startsWith(`${said} is no pipeline: send the name of a pipeline`),
    );
  }
  const output = await ask(app, "POST", "/v1/runs", { body: aStartBody(app, { output: 7 }) });
  assert.match(problemsOf(output)[0]!.message, /^7 is read as a number; expected a text/);
});

test("rows of samples are a sample sheet: grouped, with the sheet's own rules", async (t) => {
  const app = await openMemoryApp(t);
  const samples = [
    { sample: "a", fastq_1: 'x "1", y.gz' },
    { sample: "b", fastq_1: "b.gz", lane: "1" },
    { sample: "a", fastq_1: "a2.gz" },
  ];
  const answer = await ask(app, "POST", "/v1/runs", { body: aStartBody(app, { samples }) });
  assert.equal(answer.status, 201, answer.body);
  const sheet = await app.deps.store.readSheet(String(answer.json["run_id"]), 0);
  assert.deepEqual(sheet?.samples, [
    {
      sample: "a",
      rows: [
        { sample: "a", fastq_1: 'x "1", y.gz', lane: "" },
        { sample: "a", fastq_1: "a2.gz", lane: "" },
      ],
    },
    { sample: "b", rows: [{ sample: "b", fastq_1: "b.gz", lane: "1" }] },
  ]);
  const bad = await ask(app, "POST", "/v1/runs", {
    body: aStartBody(app, {
      samples: [{ sample: "a" }, { sample: "../b" }, { lane: "1" }, { sample: "c", x: "a\nb" }],
    }),
  });
  assert.deepEqual(pathsOf(bad), ["samples[2]", "samples[3]"]);
  const name = await ask(app, "POST", "/v1/runs", {
    body: aStartBody(app, { samples: [{ sample: "a" }, { sample: "../b" }] }),
  });
  assert.deepEqual(pathsOf(name), ["samples[1].sample"]);
  const column = await ask(app, "POST", "/v1/runs", {
    body: aStartBody(app, { samples: [{ sample: "a", ld_preload: "x" }] }),
  });
  assert.deepEqual([column.status, pathsOf(column)[0]], [400, "samples"]);
  const mixed = await ask(app, "POST", "/v1/runs", {
    body: aStartBody(app, { samples: ["a", { sample: "b" }] }),
  });
  assert.deepEqual(pathsOf(mixed), ["samples"]);
});

test("a sample sheet is read from a file where that is allowed, never from elsewhere", async (t) => {
  const app = await openMemoryApp(t);
  const samplesheet = join(app.folder, "sheet.csv");
  writeFileSync(samplesheet, "sample,fastq_1\na,a.gz\nb,b.gz\n");
  const sheet = (fields: object) => ({ ...aStartBody(app), samples: undefined, ...fields });
  const good = await ask(app, "POST", "/v1/runs", { body: sheet({ samplesheet }) });
  assert.equal(good.status, 201, good.body);
  for (const other of ["gs://bucket/sheet.csv", "sheet.csv", "/dev/zero", "/nowhere/x.csv", app.folder]) {
    const refused = await ask(app, "POST", "/v1/runs", { body: sheet({ samplesheet: other }) });
    assert.deepEqual([refused.status, pathsOf(refused)], [400, ["samplesheet"]], other);
  }
  const device = await ask(app, "POST", "/v1/runs", { body: sheet({ samplesheet: "/dev/zero" }) });
  assert.equal(problemsOf(device)[0]!.message, "it is not a file");
  const both = await ask(app, "POST", "/v1/runs", { body: aStartBody(app, { samplesheet }) });
  assert.deepEqual(pathsOf(both), ["samplesheet"]);
  const closed = await openMemoryApp(t, { variables: { BIOAGENT_ALLOW_INLINE: "false" } });
  const forbidden = await ask(closed, "POST", "/v1/runs", {
    body: { ...aStartBody(closed), samples: undefined, samplesheet },
  });
  assert.deepEqual([forbidden.status, pathsOf(forbidden)], [400, ["samplesheet"]]);
});

test("a pipeline's name is never a path, and a broken file says where it is broken", async (t) => {
  const app = await openMemoryApp(t);
  writeFileSync(join(app.folder, "secret.yaml"), JSON.stringify({ ...QC, pipeline: "secret" }));
  writeFileSync(join(app.folder, "pipelines/broken.yml"), "pipeline: broken\nsteps: []\n");
  writeFileSync(join(app.folder, "pipelines/other.json"), JSON.stringify(QC));
  for (const pipeline of ["../secret", "secret", "/etc/passwd", "QC", "", "qc.yaml", "broken", "other"]) {
    const answer = await ask(app, "POST", "/v1/runs", { body: aStartBody(app, { pipeline }) });
    assert.deepEqual([answer.status, [...new Set(pathsOf(answer))]], [400, ["pipeline"]], pipeline);
  }
  for (const pipeline of ["../secret", "/etc/passwd", "qc.yaml"]) {
    const answer = await ask(app, "POST", "/v1/runs", { body: aStartBody(app, { pipeline }) });
    assert.match(problemsOf(answer)[0]!.message, /is not a pipeline's name/);
  }
  const broken = await ask(app, "POST", "/v1/runs", { body: aStartBody(app, { pipeline: "broken" }) });
  assert.match(problemsOf(broken)[0]!.message, /^broken\.yml:2:\d+ /);
});

test("set changes a step's resources and leaves the rest of them", async (t) => {
  const app = await openMemoryApp(t);
  const body = aStartBody(app, { set: { reads: { memory: "128MiB" } } });
  const answer = await ask(app, "POST", "/v1/runs", { body });
  const run = (await app.deps.store.readRun(String(answer.json["run_id"])))!;
  assert.deepEqual(run.pipeline_spec.steps[0]!.resources, { cpu: 2, memory: "128MiB" });
  const unknown = await ask(app, "POST", "/v1/runs", {
    body: aStartBody(app, { set: { read: { cpu: 2 } } }),
  });
  assert.deepEqual(pathsOf(unknown), ["set.read"]);
  assert.match(problemsOf(unknown)[0]!.message, /did you mean reads/);
});

test("plan_only holds the run until it is approved", async (t) => {
  const app = await openMemoryApp(t);
  const answer = await ask(app, "POST", "/v1/runs", { body: aStartBody(app, { plan_only: true }) });
  assert.equal((await app.deps.store.readRun(String(answer.json["run_id"])))!.held, true);
});

test("the cap of runs per hour answers 429 and says when to come again", async (t) => {
  const app = await openMemoryApp(t, { runsPerHour: 2 });
  for (const status of [201, 201, 429]) {
    const answer = await ask(app, "POST", "/v1/runs", { body: aStartBody(app) });
    assert.equal(answer.status, status, answer.body);
    if (status === 429) assert.match(answer.headers["retry-after"]!, /^(3600|35\d\d)$/);
  }
});

test("a run too large for its document is refused before it starts", async (t) => {
  const app = await openMemoryApp(t);
  const samples = Array.from({ length: 20_000 }, (_, at) => `s${"x".repeat(50)}${at}`);
  const answer = await ask(app, "POST", "/v1/runs", { body: aStartBody(app, { samples }) });
  assert.deepEqual([answer.status, pathsOf(answer)], [400, ["samples"]]);
});
