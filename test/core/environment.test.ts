import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { columnVariable, refusedVariable, sampleEnvironment, sheetTsv } from "../../src/core/environment.ts";
import { needs } from "../support/require.ts";

test("a column is seen in upper case", () => {
  assert.deepEqual(columnVariable("fastq_1"), { variable: "FASTQ_1", reason: null });
  assert.deepEqual(columnVariable("Strandedness"), { variable: "STRANDEDNESS", reason: null });
});

const REFUSED =
  `PATH HOME LANG TMPDIR SHELL IFS ENV BASH_ENV BASH_FUNC_x PS1 PS4 PROMPT_COMMAND LD_PRELOAD LD_LIBRARY_PATH
  DYLD_INSERT_LIBRARIES LC_ALL PYTHONPATH PERL5OPT RUBYOPT NODE_OPTIONS JAVA_TOOL_OPTIONS _JAVA_OPTIONS GIT_SSH_COMMAND
  SSH_AUTH_SOCK HTTP_PROXY HTTPS_PROXY NO_PROXY SAMPLE SAMPLES_FILE SHEET INPUT_DIR OUTPUT_DIR WORK_DIR RESULTS_DIR
  REFERENCE REFERENCE_NAME PARAM_X ATTEMPT MEMORY_MIB CPUS BIOAGENT BIOAGENT_TOKEN BATCH_TASK_INDEX SLURM_JOB_ID
  GOOGLE_APPLICATION_CREDENTIALS GROUPS UID SECONDS`.split(/\s+/);
for (const name of REFUSED) {
  test(`${name} is no column's variable`, () =>
    assert.match(refusedVariable(name)!, new RegExp(`^${name} belongs to`)));
}

test("names of sequencing are free", () => {
  for (const name of "FASTQ_1 FASTQ_2 BAM GENOME STRAIN LIBRARY LANE R1 R2 GROUP CONDITION BATCH REPLICATE SEX TISSUE".split(
    " ",
  )) {
    assert.equal(refusedVariable(name), null, name);
  }
});

test("every variable that bash sets by itself is refused", (t) => {
  if (!needs(t, "bash", existsSync("/bin/bash"), "install bash")) return;
  // Debian's bash reads ~/.bashrc for -c when its stdin is a socket, as a pipe of Node is.
  const own = execFileSync("/bin/bash", ["--norc", "-c", "compgen -v"], {
    stdio: ["ignore", "pipe", "inherit"],
    env: {},
    encoding: "utf8",
  })
    .trim()
    .split("\n");
  assert.deepEqual(
    own.filter((name) => name !== "_" && refusedVariable(name) === null),
    [],
  );
});

test("names are not guessed: blanks, hyphens and foreign letters are refused, with a name to use", () => {
  assert.match(columnVariable("fastq-1").reason!, /call it fastq_1$/);
  assert.match(columnVariable("FASTQ 1").reason!, /call it fastq_1$/);
  assert.match(columnVariable("1st read").reason!, /call it st_read$/);
  assert.equal(columnVariable("straße").variable, null, "upper case would make SS of it");
  assert.doesNotMatch(columnVariable("$(rm)").reason!, /\$/);
  assert.match(columnVariable("---").reason!, /at most 60$/);
});

test("a sample's values are joined over its rows; empty cells leave nothing behind", () => {
  const rows = [
    { sample: "A", fastq_1: "a1", fastq_2: "", lane: "1" },
    { sample: "A", fastq_1: "a2", fastq_2: "", lane: "" },
  ];
  assert.deepEqual(sampleEnvironment(rows), { FASTQ_1: "a1 a2", FASTQ_2: "", LANE: "1" });
  assert.deepEqual(sampleEnvironment([]), {});
});

test("values reach the environment as they are, whatever a shell would make of them", () => {
  assert.deepEqual(sampleEnvironment([{ sample: "A", note: "$(rm -rf /); `x`" }]), {
    NOTE: "$(rm -rf /); `x`",
  });
});

test("the table of a sample has a line for each row under the columns' own names", () => {
  const rows = [
    { sample: "A", Fastq_1: "a 1" },
    { sample: "A", Fastq_1: "" },
  ];
  assert.equal(sheetTsv(rows), "sample\tFastq_1\nA\ta 1\nA\t\n");
  assert.equal(sheetTsv([]), "");
});
