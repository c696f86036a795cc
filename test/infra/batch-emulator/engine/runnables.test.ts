import assert from "node:assert/strict";
import { test } from "node:test";
import type { BatchJob } from "../../../../infra/batch-emulator/model.ts";
import { MEMORY_GROUPS } from "../../../support/memory-groups.ts";
import { needs } from "../../../support/require.ts";
import { isAlive, jobOf, open, script } from "./open.ts";

const codeOf = (job: BatchJob): number | null => {
  const code = /with exit code (\d+)/.exec(job.status.statusEvents!.at(-1)!.description)?.[1];
  return code === undefined ? null : Number(code);
};

const STORIES: readonly [
  name: string,
  runnables: object[],
  spec: object,
  printed: string[],
  code: number | null,
][] = [
  ["in order", [script("echo 1"), script("echo 2")], {}, ["1", "2"], null],
  [
    "after a failure only those that always run, and the first failure counts",
    [script("echo 1; exit 7"), script("echo 2"), script("echo 3; exit 8", { alwaysRun: true })],
    {},
    ["1", "3"],
    7,
  ],
  [
    "an ignored failure is none",
    [script("exit 5", { ignoreExitStatus: true }), script("echo 2")],
    {},
    ["2"],
    null,
  ],
  [
    "a background runnable goes on beside the others and is ended with the last of them",
    [script("echo bg; sleep 600", { background: true }), script("sleep 0.3; echo 2")],
    {},
    ["bg", "2"],
    null,
  ],
  [
    "a runnable over its own time fails with 50005, and those that always run still run",
    [script("sleep 600", { timeout: "0.2s" }), script("echo late", { alwaysRun: true })],
    {},
    ["late"],
    50005,
  ],
  [
    "past the task's time nothing runs any more, not even what always runs",
    [script("sleep 600"), script("echo never", { alwaysRun: true })],
    { maxRunDuration: "0.3s" },
    [],
    50005,
  ],
  ["a `#!` line chooses the interpreter", [script("#!/usr/bin/perl\nprint 6*7, qq(\\n)")], {}, ["42"], null],
  ["a program that is missing is 127", [script("no-such-program 2>/dev/null")], {}, [], 127],
  ["a signal is 128 and its number", [script("kill -SEGV $$")], {}, [], 139],
  [
    "a container on the host is its entrypoint and commands",
    [
      {
        container: {
          imageUri: "quay.io/x",
          entrypoint: "/bin/sh",
          commands: ["-c", "echo $FROM $BATCH_TASK_INDEX"],
        },
        environment: { variables: { FROM: "inside" } },
      },
    ],
    {},
    ["inside 0"],
    null,
  ],
];

for (const [name, runnables, spec, printed, code] of STORIES) {
  test(`runnables: ${name}`, async (t) => {
    const batch = await open(t);
    await batch.submit("story", jobOf(runnables, spec));
    const job = await batch.ends("story");
    assert.deepEqual([await batch.printed("story"), codeOf(job)], [printed, code]);
  });
}

test("tasks wait for each other at a barrier", async (t) => {
  const batch = await open(t);
  const runnables = [script("echo before"), { barrier: { name: "all" } }, script("echo after")];
  await batch.submit("meet", jobOf(runnables, {}, { taskCount: 2, parallelism: 2 }));
  assert.equal((await batch.ends("meet")).status.state, "SUCCEEDED");
  assert.deepEqual(await batch.printed("meet"), ["before", "before", "after", "after"]);
});

test("without an engine and without leave to use the host, a container fails with 125 and says why", async (t) => {
  const batch = await open(t, { containers: "off" });
  await batch.submit("boxed", jobOf([{ container: { imageUri: "quay.io/x", commands: ["true"] } }]));
  assert.equal(codeOf(await batch.ends("boxed")), 125);
  assert.match(
    (await batch.printed("boxed")).join(),
    /cannot run quay\.io\/x: it was started with --containers off/,
  );
});

test("what a script leaves behind, also out of its process group, ends with its machine", async (t) => {
  if (!needs(t, ...MEMORY_GROUPS)) return;
  const batch = await open(t);
  await batch.submit("leaves", jobOf([script("setsid sleep 600 >/dev/null 2>&1 & echo $!")]));
  await batch.ends("leaves");
  assert.equal(isAlive(Number((await batch.printed("leaves"))[0])), false);
});

test("nothing of the emulator's own environment reaches a task", async (t) => {
  process.env["EMULATOR_TEST_SECRET"] = "hidden";
  t.after(() => delete process.env["EMULATOR_TEST_SECRET"]);
  const batch = await open(t, { environment: { GIVEN: "yes" } });
  await batch.submit(
    "env",
    jobOf([script('echo "$GIVEN,$EMULATOR_TEST_SECRET"; [ "$HOME" = "$PWD" ] && echo own')]),
  );
  await batch.ends("env");
  assert.deepEqual(await batch.printed("env"), ["yes,", "own"]);
});
