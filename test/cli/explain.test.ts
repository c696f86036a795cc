import assert from "node:assert/strict";
import { test } from "node:test";
import { cli, folder } from "./support/cli.ts";

const SACCT = "JobID|State|ExitCode|ReqMem|Elapsed\n4711|OUT_OF_MEMORY|0:125|8G|00:12:30\n";

test("explain reads a record from stdin or a file, and says what the rules would do", async (t) => {
  const cwd = await folder(t, { "record.txt": SACCT });
  const piped = await cli(["explain", "-", "--json"], { cwd, stdin: SACCT });
  assert.equal(piped.code, 0, piped.stderr);
  const explanation = JSON.parse(piped.stdout) as Record<string, unknown>;
  assert.deepEqual(Object.keys(explanation), [
    "state",
    "class",
    "exit_code",
    "waiting",
    "evidence",
    "reasoning",
    "action",
  ]);
  assert.deepEqual([explanation["class"], explanation["action"]], ["oom", "retry"]);
  const file = await cli(["explain", "record.txt"], { cwd });
  assert.match(file.stdout, /^State {6}failed\nClass {6}oom\n[\s\S]*\nAction {5}retry\nWhy {8}\S/);
});

test("explain takes YAML as gcloud prints it", async (t) => {
  const cwd = await folder(t);
  const stdin = "name: projects/p/locations/l/jobs/j\nstatus:\n  state: SUCCEEDED\n";
  const { code, stdout, stderr } = await cli(["explain", "-", "--json"], { cwd, stdin });
  assert.equal(code, 0, stderr);
  assert.equal((JSON.parse(stdout) as { state: string }).state, "succeeded");
});

test("explain refuses what is none of these, exit 2", async (t) => {
  const { code, stderr } = await cli(["explain", "-"], { cwd: await folder(t), stdin: "hello" });
  assert.equal(code, 2);
  assert.match(stderr, /^bioagent: Cannot explain this document/);
});

test("explain refuses a definition in one line, exit 2", async (t) => {
  const cwd = await folder(t, { "spec.json": '{"taskGroups": [{"taskSpec": {"runnables": []}}]}' });
  const { code, stdout, stderr } = await cli(["explain", "spec.json"], { cwd });
  assert.deepEqual([code, stdout], [2, ""]);
  assert.match(stderr, /^bioagent: Nothing to explain: .*definition only.*\n$/);
});
