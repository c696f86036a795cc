import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { needs } from "../support/require.ts";
import { onlyRun, openProject, type ShownRun } from "./project.ts";

const examples = join(import.meta.dirname, "../../examples");
const TOOLS = ["fastqc", "trim_galore", "STAR", "salmon", "multiqc"];
const REMEDY = "apt-get install fastqc trim-galore rna-star salmon multiqc kallisto-examples";

const missing = TOOLS.filter((tool) => spawnSync("which", [tool]).status !== 0);

test("the rnaseq example runs for real: fastqc, trim_galore, STAR, salmon and multiqc on real reads", async (t) => {
  if (!needs(t, `the tools ${missing.join(", ")}`, missing.length === 0, REMEDY)) return;
  const project = openProject(t);
  const data = join(project.folder, "data");
  execFileSync("bash", [join(examples, "rnaseq/prepare.sh"), data], { stdio: "pipe" });
  const done = await project.run(
    "run",
    join(examples, "rnaseq.yaml"),
    ...[
      "--samplesheet",
      join(data, "samples.csv"),
      "--input",
      join(data, "input"),
      "--reference",
      join(data, "reference"),
    ],
    ...["--output", "results", "--wait"],
  );
  assert.equal(done.code, 0, done.out + done.err);
  const id = await onlyRun(project);
  const run = await project.json<ShownRun>("show", id);
  assert.equal(run.outcome, "all_succeeded");
  const report = join(project.folder, "results", id, "multiqc/multiqc_report.html");
  assert.ok(existsSync(report), "multiqc's report is published");
  const counts = Object.values(run.jobs).filter((job) => job.status === "succeeded").length;
  t.diagnostic(`${counts} jobs of real tools; the report has ${readFileSync(report).length} bytes`);
});
