import assert from "node:assert/strict";
import { test } from "node:test";
import { headOf } from "../../../src/stores/head.ts";
import { fileAt, github, Outbox, openOn } from "./rig.ts";
import { BRANCH, FILE, type TrackedOptions, TrackedRun } from "./tracked-run.ts";

/** A run at its start, told. */
async function started(t: Parameters<typeof github>[0], options: TrackedOptions = {}) {
  const server = await github(t);
  const run = new TrackedRun(options);
  const outbox = new Outbox(openOn(server));
  await outbox.delivered(run.message("run.started"));
  return { server, run, outbox, pull: server.state.pulls[0]! };
}

const sizeIn = (body: string | null): string => /^- Run .*`: (.*)$/m.exec(body ?? "")![1]!;

test("one sample is one sample, and a run of per-run steps has none", async (t) => {
  const one = await started(t, { samples: ["s1"] });
  assert.equal(sizeIn(one.pull.body), "1 sample, 2 steps, 2 jobs");
  const none = await started(t, { samples: [], steps: [{ id: "report", per: "run" }] });
  assert.equal(sizeIn(none.pull.body), "1 step, 1 job");
  assert.match(fileAt(none.server, BRANCH, FILE), /^\| `report` \| PENDING \| – \| – \| – \|$/m);
});

test("while the run goes on, what is read of its jobs tells no untruth: attempts are counted, metrics are to come", async (t) => {
  const { server, run, outbox } = await started(t);
  run.pass({ "qc-s1": 0, "qc-s2": 3 });
  run.pass({ "qc-s2": 0, "align-s1": 0 });
  const heads = [...run.scene.jobs.values()].map(headOf);
  await outbox.delivered(
    run.message("run.progress", { view: async () => ({ run: run.scene.run, jobs: heads }) }),
  );
  const text = fileAt(server, BRANCH, FILE);
  assert.match(text, /^\| `qc-s2` \| SUCCEEDED \| 2 \| 0 \| .* \| PENDING \|$/m);
  assert.match(text, /^\| `align-s1` \| SUCCEEDED \| 1 \| 0 \| .* \| – \|$/m);
  assert.match(text, /^\| `align-s3` \| PENDING \| – \| – \| – \| PENDING \|$/m);
});

test("what used up its attempts is in a failure report, also of a run that is completed", async (t) => {
  const { server, run, outbox } = await started(t);
  run.finish();
  await outbox.delivered(run.message("run.completed"));
  const [, report] = fileAt(server, BRANCH, FILE).split("### Failure report");
  assert.match(
    report!,
    /^\| `align-s2` \| 1 \| FAILED \| app \| 3 \|.*\n\| `align-s2` \| 2 \| FAILED \| app \| 3 \|/m,
  );
  assert.doesNotMatch(report!, /`align-s1`/);
});

test("a run without failures has no failure report", async (t) => {
  const { server, run, outbox } = await started(t, { samples: ["s1"] });
  run.pass({ "qc-s1": 0 });
  run.pass({ "align-s1": 0 });
  await outbox.delivered(run.message("run.completed"));
  assert.doesNotMatch(fileAt(server, BRANCH, FILE), /Failure report|No value/);
});

const METRICS_BOX = (done: boolean): RegExp =>
  done ? /^- \[x\] Results tables updated/m : /^- \[ \] Results tables updated/m;

test("metrics that are not there are named, and their box is not ticked", async (t) => {
  const { server, run, outbox, pull } = await started(t);
  run.finish();
  const job = run.scene.job("qc-s3");
  run.scene.jobs.set("qc-s3", { ...job, metrics: {} });
  await outbox.delivered(run.message("run.completed"));
  assert.match(fileAt(server, BRANCH, FILE), /^- No value was found in the metrics files of `qc-s3`$/m);
  assert.match(pull.body!, METRICS_BOX(false));
  run.scene.jobs.set("qc-s3", job);
  await outbox.delivered(run.message("run.completed"));
  assert.match(pull.body!, METRICS_BOX(true));
});

test("of a run in which no job succeeded, nobody says that its results are in the table", async (t) => {
  const { run, outbox, pull } = await started(t, { samples: ["s1"] });
  run.pass({ "qc-s1": 4 });
  run.pass({ "qc-s1": 4 });
  await outbox.delivered(run.message("run.failed"));
  assert.match(pull.body!, METRICS_BOX(false));
  assert.match(pull.body!, /^- \[x\] Discussion section filled in$/m);
});

test("each of three thousand jobs has its row, in a file that GitHub still shows as a table", async (t) => {
  const samples = Array.from({ length: 1_500 }, (_, at) => `patient_${String(at).padStart(4, "0")}`);
  const { server } = await started(t, { samples });
  const text = fileAt(server, BRANCH, FILE);
  assert.equal(text.match(/^\| `(?:qc|align)-patient_\d{4}` \| PENDING \|/gm)!.length, 3_000);
  assert.match(text, /^\| `align` \| 1500 \| 1500 \|$/m);
  assert.ok(Buffer.byteLength(text) < 512_000);
});
