import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { MEMORY_GROUPS } from "../support/memory-groups.ts";
import { needs } from "../support/require.ts";
import { onlyRun, openProject, type ShownRun } from "./project.ts";

const examples = join(import.meta.dirname, "../../examples");
const MAIN_JOB = [
  "run",
  join(examples, "fastq-qc.yaml"),
  "--samplesheet",
  join(examples, "fastq-qc/samples.csv"),
  "--input",
  join(examples, "fastq-qc/reads"),
  "--output",
  "results",
];

interface Events {
  events: { type: string; job: string | null; attempt: number | null; data: Record<string, unknown> }[];
}

test("the main job: a true 137 climbs its ladder and is skipped, another is cured, outputs are verified, the end is told", async (t) => {
  if (!needs(t, ...MEMORY_GROUPS)) return;
  const project = openProject(t);
  const done = await project.run(...MAIN_JOB, "--wait");
  assert.equal(done.code, 3, done.err);
  const id = await onlyRun(project);
  const output = `${join(project.folder, "results", id)}/`;
  assert.match(
    done.out,
    new RegExp(
      `🧬 BioAgent Run Complete\nRun: ${id}\nPipeline: fastq_qc\nStatus: ✅ 7/8 succeeded, ⏭ 1 skipped\nOutput: ${output}\n⏭ tumor_hifi skipped in duplicates: Exit code 137 indicates OOM`,
    ),
  );
  assert.equal(done.out.split("BioAgent Run Complete").length, 2, "told once");

  const { events } = await project.json<Events>("events", id);
  const ladder = events.filter(
    (event) =>
      event.job === "duplicates-tumor_hifi" &&
      event.type === "job.observed" &&
      event.data["exit_code"] === 137,
  );
  assert.deepEqual(
    ladder.map((event) => event.data["memory"]),
    ["24MiB", "48MiB", "96MiB"],
  );
  assert.ok(ladder.every((event) => event.data["class"] === "oom"));
  const cured = events.filter(
    (event) => event.job === "duplicates-ctrl_hifi" && event.type === "job.decided",
  );
  assert.equal(cured.length, 1);

  const run = await project.json<ShownRun & Record<string, unknown>>("show", id);
  assert.equal(run.outcome, "some_skipped");
  assert.equal(run.jobs["duplicates-ctrl_hifi"]!.status, "succeeded");
  assert.deepEqual(
    run.jobs["duplicates-ctrl_hifi"]!.attempts.map((attempt) => attempt.exit_code),
    [137, 0],
  );
  const table = readFileSync(join(output, "summary.tsv"), "utf8").trim().split("\n");
  assert.equal(table.length, 1 + 7, "a row for each sample that succeeded");
  assert.deepEqual(JSON.parse(project.read(`bioagent/runs/${id}.json`)), run);
  assert.match(project.read("bioagent/memory.md"), new RegExp(`\\| ${id} \\| fastq_qc \\| completed \\| `));
  assert.ok(existsSync(join(output, "job_manifest.json")));
});

test("--allow-skips makes a run with skips an exit 0, and changes nothing else", async (t) => {
  if (!needs(t, ...MEMORY_GROUPS)) return;
  const project = openProject(t);
  const done = await project.run(...MAIN_JOB, "--wait", "--allow-skips");
  assert.equal(done.code, 0, done.err);
  assert.match(done.out, /⏭ 1 skipped/);
});

test("200 samples and a wrong script: the run stops after the canary, and the notice says why in one line", async (t) => {
  const project = openProject(t);
  project.write(
    "wrong.yaml",
    'pipeline: wrong\nsteps:\n  - id: align\n    script: "bwa-not-there mem ref.fa reads.fq"\n    outputs: ["{sample}.bam"]\n',
  );
  const samples = Array.from({ length: 200 }, (_, at) => `s${at + 1}`).join(",");
  const done = await project.run("run", "wrong.yaml", "--samples", samples, "--output", "out", "--wait");
  assert.equal(done.code, 1, done.err);
  const id = await onlyRun(project);
  const run = await project.json<ShownRun>("show", id);
  assert.deepEqual([run.status, run.outcome], ["failed", "aborted"]);
  const spent = Object.values(run.jobs).filter((job) => job.attempts.length > 0).length;
  assert.ok(spent <= 10 + 8, `${spent} jobs were spent`);
  const why = done.out.split("\n").filter((line) => line.startsWith("Aborted: "));
  assert.equal(why.length, 1);
  // Those that ended in the same pass as the tenth are counted, too.
  assert.match(why[0]!, /the first 1\d align jobs that ended all failed \(.*bwa-not-there.*\)/);
  assert.ok(Object.values(run.jobs).every((job) => job.attempts.length > 0 || job.status === "cancelled"));
});
