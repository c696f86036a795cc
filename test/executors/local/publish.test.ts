import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, type TestContext, test } from "node:test";
import { needs } from "../../support/require.ts";
import { hasEnded, observeUntil, openIn, runToEnd, submissionOf, temporaryFolder, until } from "./fixture.ts";

const manifestOf = (output: string) =>
  JSON.parse(readFileSync(join(output, ".bioagent/count-s1/a1.json"), "utf8")) as {
    attempt: string;
    outputs: { pattern: string; path: string; size: number; checksum: string }[];
  };

/** A file system of 1 MiB, or null after skipping by name. */
function tinyDisk(t: TestContext): string | null {
  const place = mkdtempSync(join(tmpdir(), "bioagent-disk-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", place], { stdio: "ignore" });
  } catch {
    rmSync(place, { recursive: true });
    needs(t, "a tmpfs of 1 MiB", false, "run as root with CAP_SYS_ADMIN");
    return null;
  }
  mounted.add(place);
  return place;
}

// After every test's own hooks: a mounted folder cannot be removed.
const mounted = new Set<string>();
after(() => {
  for (const place of mounted) {
    execFileSync("umount", ["-l", place]);
    rmSync(place, { recursive: true });
  }
});

test("an attempt that declares nothing leaves a manifest with no outputs", async (t) => {
  const folder = temporaryFolder(t);
  const work = submissionOf(folder, `echo kept-nowhere > "$OUTPUT_DIR/x"\n`);
  assert.equal((await runToEnd(openIn(folder), work)).status, "succeeded");
  assert.deepEqual(manifestOf(work.output), { attempt: work.attempt.id, outputs: [] });
  assert.deepEqual(readdirSync(work.output), [".bioagent"]);
});

test("hostile file names are published as they are, and patterns are never code", async (t) => {
  const folder = temporaryFolder(t);
  const names = [
    "-rf",
    "a b",
    "new\nline",
    'q"uote',
    "back\\slash",
    "tab\there",
    "$(touch x)",
    "`id`",
    "é☃",
    "@",
    "*",
  ];
  const make = names.map((_, at) => `printf ${at} > "$OUTPUT_DIR/d/$N${at}"`).join("\n");
  const work = submissionOf(folder, `mkdir "$OUTPUT_DIR/d"\n${make}\n`, {
    environment: Object.fromEntries(names.map((name, at) => [`N${at}`, name])),
    outputs: ["d/*", "$(touch pwned)", "; touch pwned", "d/é?"],
  });
  assert.equal((await runToEnd(openIn(folder), work)).status, "succeeded");
  assert.deepEqual(readdirSync(join(work.output, "d")).sort(), [...names].sort());
  const { outputs } = manifestOf(work.output);
  assert.deepEqual(
    outputs
      .filter(({ pattern }) => pattern === "d/*")
      .map(({ path }) => path)
      .sort(),
    names.map((name) => `d/${name}`).sort(),
  );
  assert.deepEqual(
    outputs.filter(({ pattern }) => pattern === "d/é?").map(({ path }) => path),
    ["d/é☃"],
  );
  for (const { path, checksum, size } of outputs) {
    const text = readFileSync(join(work.output, path));
    assert.equal(checksum, `sha256:${createHash("sha256").update(text).digest("hex")}`);
    assert.equal(size, text.length);
  }
});

test("** and [] find files at any depth; metrics are published too; hidden files are not", async (t) => {
  const folder = temporaryFolder(t);
  const script = `cd "$OUTPUT_DIR"; mkdir -p a/b; echo 1 > a/b/x1.txt; echo 2 > a/x2.txt; echo 3 > y3.txt; echo > .h.txt; echo 4 > m.json\n`;
  const work = submissionOf(folder, script, { outputs: ["**/x[12].txt"], metrics: ["m.json", "none.json"] });
  await runToEnd(openIn(folder), work);
  assert.deepEqual(
    manifestOf(work.output).outputs.map(({ path }) => path),
    ["a/b/x1.txt", "a/x2.txt", "m.json"],
  );
  assert.deepEqual(readdirSync(work.output).sort(), [".bioagent", "a", "m.json"]);
});

test("a link inside the attempt is published as a file, one that leaves it is not", async (t) => {
  const folder = temporaryFolder(t);
  const secret = join(folder, "secret");
  writeFileSync(secret, "secret");
  const script = `echo in > "$WORK_DIR/real"; ln -s "$WORK_DIR/real" "$OUTPUT_DIR/in"; ln -s "$SECRET" "$OUTPUT_DIR/out"; ln -s "$(dirname "$SECRET")" "$OUTPUT_DIR/up"\n`;
  const work = submissionOf(folder, script, { environment: { SECRET: secret }, outputs: ["*", "up/secret"] });
  const seen = await runToEnd(openIn(folder), work);
  assert.deepEqual(
    manifestOf(work.output).outputs.map(({ path }) => path),
    ["in"],
  );
  assert.equal(readFileSync(join(work.output, "in"), "utf8"), "in\n");
  assert.ok(!statSync(join(work.output, "in")).isSymbolicLink());
  assert.ok(existsSync(secret));
  assert.match(seen.log_tail ?? "", /out is a link that leaves the attempt/);
});

test("outputs are published across file systems, an older file is replaced", async (t) => {
  if (!needs(t, "/dev/shm", existsSync("/dev/shm"), "mount a tmpfs there")) return;
  const folder = temporaryFolder(t);
  const output = `${mkdtempSync("/dev/shm/bioagent-")}/`;
  t.after(() => rmSync(output, { recursive: true }));
  mkdirSync(join(output, "d"));
  writeFileSync(join(output, "d/x"), "old");
  const work = submissionOf(folder, `mkdir "$OUTPUT_DIR/d"; printf new > "$OUTPUT_DIR/d/x"\n`, {
    output,
    outputs: ["d/x"],
  });
  assert.equal((await runToEnd(openIn(folder), work)).status, "succeeded");
  assert.equal(readFileSync(join(output, "d/x"), "utf8"), "new");
  assert.deepEqual(readdirSync(join(output, "d")), ["x"]);
});

test("an output folder that is full makes the attempt disk_full, and says where", async (t) => {
  const disk = tinyDisk(t);
  if (!disk) return;
  const folder = temporaryFolder(t);
  const work = submissionOf(folder, `head -c 3M /dev/zero > "$OUTPUT_DIR/big"\n`, {
    output: `${disk}/`,
    outputs: ["big"],
  });
  const seen = await runToEnd(openIn(folder), work);
  assert.deepEqual([seen.status, seen.exit_code, seen.verdict], ["failed", 0, "disk_full"]);
  assert.match(seen.evidence?.[0]?.text ?? "", /^No space left on device/);
  assert.ok(seen.evidence?.[0]?.text.includes(disk));
  assert.deepEqual(readdirSync(disk), [".bioagent"]);
});

test("an exit record that finds no room is written as soon as there is some", async (t) => {
  const disk = tinyDisk(t);
  if (!disk) return;
  const folder = temporaryFolder(t);
  const executor = openIn(disk);
  const ballast = join(disk, "ballast");
  const script = `cat /dev/zero > "$BALLAST" 2> /dev/null || true; touch "$DONE"; exit 7\n`;
  const work = submissionOf(folder, script, {
    environment: { BALLAST: ballast, DONE: join(folder, "done") },
  });
  await executor.submit([work]);
  await until("the disk is full and the script has ended", () => existsSync(join(folder, "done")));
  const [between] = await executor.observe([work]);
  assert.equal(between?.status, "running");
  rmSync(ballast);
  const seen = await observeUntil(executor, work, hasEnded);
  assert.deepEqual([seen.status, seen.exit_code], ["failed", 7]);
});

test("a full disk at submission means later, in words, and nothing half made", async (t) => {
  const disk = tinyDisk(t);
  if (!disk) return;
  const folder = temporaryFolder(t);
  const executor = openIn(disk);
  writeFileSync(join(disk, "ballast"), Buffer.alloc(2 ** 20 - 16 * 4096));
  const work = submissionOf(folder, `# ${"x".repeat(200_000)}\n`);
  const [result] = await executor.submit([work]);
  assert.equal(result?.kind, "later");
  assert.match(JSON.stringify(result), /ENOSPC/);
  assert.deepEqual(readdirSync(join(disk, "local/slots")), []);
  assert.equal((await executor.observe([work]))[0]?.status, null);
});
