import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { parseEndRecord } from "../../../src/executors/gcp_batch/end-record.ts";
import { findMemoryGroups } from "../../../src/executors/local/cgroup.ts";
import { readProcess } from "../../../src/executors/local/machine.ts";
import { needs } from "../../support/require.ts";
import { until } from "../local/fixture.ts";
import { type ObjectServer, objectServer } from "./object-server.ts";
import { MEBIBYTE, type WrapperBench, wrapperBench } from "./wrapper-bench.ts";

async function open(t: TestContext): Promise<{ bench: WrapperBench; server: ObjectServer }> {
  const server = await objectServer(t);
  return { bench: wrapperBench(t, server.url), server };
}

const MANIFEST = "results/run 1/.bioagent/count-s1/a1.json";
const manifestOf = (server: ObjectServer) => JSON.parse(server.text(MANIFEST) ?? "null");
const recordOf = (server: ObjectServer) =>
  parseEndRecord(server.text("results/run 1/.bioagent/count-s1/a1.exit.json") ?? "", "x-a1");

/** A prepared attempt with these files in its output folder. */
async function withOutputs(bench: WrapperBench, files: Readonly<Record<string, string>>): Promise<void> {
  await bench.prepare("true");
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(bench.home, "out", path, ".."), { recursive: true });
    writeFileSync(join(bench.home, "out", path), text);
  }
}

test("prepare writes script and files byte for byte, and folders that any user may write to", async (t) => {
  const { bench } = await open(t);
  const script = `echo '${"é".repeat(70_000)}'\n\n`;
  assert.equal((await bench.prepare(script, { SHEET: "a\tb\n", EMPTY: "" })).code, 0);
  assert.deepEqual([bench.read("script"), bench.read("SHEET"), bench.read("EMPTY")], [script, "a\tb\n", ""]);
  assert.deepEqual([bench.read("work/x"), existsSync(join(bench.home, "tmp"))], [null, true]);
});

for (const [shell, by] of [
  ["sh", ["/bin/sh"]],
  ["busybox", ["busybox", "sh"]],
] as const)
  test(`the step runs under ${shell}: its code, its log, its times`, async (t) => {
    const present = spawnSync(by[0], ["true"]).error === undefined;
    if (!needs(t, by[0], present, `apt-get install ${by[0]}`)) return;
    const { bench } = await open(t);
    await bench.prepare('echo out; echo err >&2; cd "$OUTPUT_DIR"; touch x; exit 3\n');
    assert.equal((await bench.step({ by })).code, 3);
    assert.equal(bench.read("log"), "out\nerr\n");
    assert.match(bench.read("ended") ?? "", /^code 3\nstarted \S+Z\nended \S+Z\nkills 0\npeak /);
  });

test("a pipe that breaks in the middle fails the step; another shell is taken as told", async (t) => {
  const { bench } = await open(t);
  await bench.prepare("false | cat\n");
  assert.deepEqual([(await bench.step()).code, (await bench.step({ shell: "sh -u" })).code], [1, 0]);
});

test("what a script on the host leaves running is ended before anything is published", async (t) => {
  const { bench } = await open(t);
  await bench.prepare('(sleep 600; touch "$OUTPUT_DIR/late") & echo $! > "$OUTPUT_DIR/pid"\n');
  assert.equal((await bench.step({ onHost: true })).code, 0);
  const pid = Number(readFileSync(join(bench.home, "out/pid"), "utf8"));
  await until("it is gone", () => readProcess(pid) === null);
});

test("a kill for memory on the host is counted, and is never success", async (t) => {
  const groups = findMemoryGroups("/sys/fs/cgroup", readFileSync("/proc/self/cgroup", "utf8"));
  if (!needs(t, "a cgroup that can be written", groups !== null, "run as root, or with a delegated cgroup"))
    return;
  const { bench, server } = await open(t);
  await bench.prepare("head -c 200m /dev/zero | tail -c 150m >/dev/null || echo went on\n");
  assert.equal((await bench.step({ onHost: true, limit: 32 * MEBIBYTE })).code, 137);
  await bench.report();
  const record = recordOf(server);
  // The kernel may kill the shell after the program, too: then the script did not go on.
  assert.ok(record?.code === 0 || record?.code === 137, String(record?.code));
  assert.deepEqual([(record?.kills ?? 0) > 0, (record?.peak ?? 0) > 16 * MEBIBYTE], [true, true]);
});

test("the end of the machine's process ends the script, and its code is told", async (t) => {
  const { bench } = await open(t);
  await bench.prepare("trap 'exit 9' TERM; echo ready; while :; do sleep 0.05; done\n");
  const { process: child, ended } = bench.startStep();
  await until("it has begun", () => bench.read("log") === "ready\n");
  child.kill("SIGTERM");
  assert.equal((await ended).code, 9);
});

test("declared outputs are published, the manifest last, and nothing else", async (t) => {
  const { bench, server } = await open(t);
  await withOutputs(bench, {
    "a/x y.txt": "hello",
    "a/é&+\\.txt": "z\n",
    "a/b/deep.txt": "",
    undeclared: "u",
  });
  symlinkSync("/etc/hostname", join(bench.home, "out/a/out.txt"));
  symlinkSync("x y.txt", join(bench.home, "out/a/in.txt"));
  const ended = await bench.publish(["a/*.txt", "**/deep.*", "none-*"]);
  assert.deepEqual(
    [ended.code, ended.stderr],
    [0, "bioagent: a/out.txt is a link that leaves the attempt, it is not published\n"],
  );
  assert.deepEqual([...server.objects.keys()].sort(), [
    MANIFEST,
    "results/run 1/a/b/deep.txt",
    "results/run 1/a/in.txt",
    "results/run 1/a/x y.txt",
    "results/run 1/a/é&+\\.txt",
  ]);
  assert.equal([...server.objects.keys()].at(-1), MANIFEST);
  assert.equal(server.objects.get(MANIFEST)?.contentType, "application/json");
  const hello = { pattern: "a/*.txt", size: 5, checksum: "md5:5d41402abc4b2a76b9719d911017c592" };
  assert.deepEqual(manifestOf(server), {
    attempt: "x-a1",
    outputs: [
      { ...hello, path: "a/in.txt" },
      { ...hello, path: "a/x y.txt" },
      { pattern: "a/*.txt", path: "a/é&+\\.txt", size: 2, checksum: "md5:a8a78d0ff555c931f045b6f448129846" },
      {
        pattern: "**/deep.*",
        path: "a/b/deep.txt",
        size: 0,
        checksum: "md5:d41d8cd98f00b204e9800998ecf8427e",
      },
    ],
  });
});

test("a file that another attempt left is replaced, one with the same bytes is left", async (t) => {
  const { bench, server } = await open(t);
  await withOutputs(bench, { same: "1", other: "2" });
  server.put("results/run 1/same", "1");
  server.put("results/run 1/other", "old");
  assert.equal((await bench.publish(["*"])).code, 0);
  assert.deepEqual(
    [server.text("results/run 1/other"), server.objects.get("results/run 1/same")?.generation],
    ["2", 1],
  );
});

test("no output at all is a manifest without outputs", async (t) => {
  const { bench, server } = await open(t);
  await withOutputs(bench, {});
  assert.equal((await bench.publish([])).code, 0);
  assert.deepEqual(manifestOf(server), { attempt: "x-a1", outputs: [] });
});

test("a transfer that breaks half-way goes on from there", async (t) => {
  const { bench, server } = await open(t);
  const text = "0123456789".repeat(100_000);
  await withOutputs(bench, { big: text });
  server.troubles.send.push("cut");
  assert.equal((await bench.publish(["big"])).code, 0);
  assert.equal(server.text("results/run 1/big"), text);
  assert.deepEqual(server.ranges.slice(0, 2), [undefined, "bytes 500000-999999/1000000"]);
});

test("a service that is away for a moment is asked again, at every step", async (t) => {
  const { bench, server } = await open(t);
  await withOutputs(bench, { x: "hello" });
  server.troubles.begin.push(503, 429);
  server.troubles.send.push(500);
  server.troubles.progress.push(503);
  const ended = await bench.publish(["x"]);
  assert.deepEqual([ended.code, server.text("results/run 1/x")], [0, "hello"]);
});

test("a refusal is not repeated, leaves no manifest, and is told in the report in the service's words", async (t) => {
  const { bench, server } = await open(t);
  await withOutputs(bench, { x: "hello" });
  server.troubles.begin.push(403);
  const ended = await bench.publish(["x"]);
  assert.equal(ended.code, 77);
  assert.match(
    ended.stderr,
    /could not be published: writing gs:\/\/results\/run 1\/x: HTTP 403: told to say 403/,
  );
  assert.equal(server.text(MANIFEST), undefined);
  assert.equal((await bench.report()).code, 0);
  assert.equal(recordOf(server)?.failure, "writing gs://results/run 1/x: HTTP 403: told to say 403");
});

test("the machine's token is asked for, sent, asked for again when it ran out, and never printed", async (t) => {
  const { bench, server } = await open(t);
  await withOutputs(bench, { x: "hello" });
  server.troubles.begin.push(401);
  const ended = await bench.publish(["x"], { BIOAGENT_TOKEN_URL: `${server.url}/token` });
  assert.deepEqual(ended, { code: 0, stderr: "" });
  assert.deepEqual(server.logins.slice(0, 2), ["Bearer secret-0", "Bearer secret-1"]);
});

test("without a service account it says so", async (t) => {
  const { bench, server } = await open(t);
  await withOutputs(bench, {});
  server.troubles.token.push(404);
  const ended = await bench.publish([], { BIOAGENT_TOKEN_URL: `${server.url}/token` });
  assert.match(ended.stderr, /access token could not be read: has the job a service account\?/);
});

test("the report tells code, times and the end of the log, and the folder goes", async (t) => {
  const { bench, server } = await open(t);
  await bench.prepare("printf 'first\\001\\n'; seq 1 3000; exit 3\n");
  await bench.step();
  assert.equal((await bench.report()).code, 0);
  const record = recordOf(server);
  const log = server.text("results/run 1/.bioagent/count-s1/a1.log") ?? "";
  assert.deepEqual([record?.code, record?.kills, record?.failure], [3, 0, null]);
  assert.ok(Date.parse(record?.started ?? "") <= Date.parse(record?.ended ?? ""));
  assert.equal(Buffer.from(record?.log_tail ?? "", "base64").toString(), log);
  assert.match(log, /^first\u0001\n1\n[\s\S]*\n\.\.\. (\d+) bytes left out \.\.\.\n[\s\S]*\n3000\n$/);
  assert.ok((record?.left_out ?? 0) > 0 && !existsSync(bench.home));
});

test("an attempt whose step never started is reported as that", async (t) => {
  const { bench, server } = await open(t);
  await bench.prepare("true\n");
  await bench.report();
  const record = recordOf(server);
  assert.deepEqual([record?.code, record?.started, record?.ended, record?.log_tail], [null, null, null, ""]);
});

test("names, patterns and values are not code", async (t) => {
  const { bench, server } = await open(t);
  const evil = "$(touch owned) ; touch owned `touch owned`";
  await withOutputs(bench, { [evil]: "x" });
  assert.equal((await bench.publish([evil, '"; touch owned; "'])).code, 0);
  assert.equal(server.text(`results/run 1/${evil}`), "x");
  assert.ok(!existsSync("owned") && !existsSync(join(bench.home, "owned")));
});
