import assert from "node:assert/strict";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { MEMORY_GROUPS } from "../../support/memory-groups.ts";
import { needs } from "../../support/require.ts";
import { openIn, runToEnd, submissionOf, temporaryFolder } from "./fixture.ts";

/** Holds 200 MiB in one process of its own: tail keeps a line that does not end. */
const EAT = "head -c 200M /dev/zero | tail -n 1 > /dev/null";
const small = { memory: "64MiB" };

test("a child killed at the memory limit makes the attempt oom, exit 137", async (t) => {
  if (!needs(t, ...MEMORY_GROUPS)) return;
  const folder = temporaryFolder(t);
  const seen = await runToEnd(openIn(folder), submissionOf(folder, `${EAT}\n`, { resources: small }));
  assert.deepEqual([seen.status, seen.exit_code, seen.verdict], ["failed", 137, "oom"]);
  assert.match(
    seen.evidence?.[0]?.text ?? "",
    /^\d+ process(es)? killed at the limit of 64 MiB \(cgroup v[12]\)$/,
  );
  assert.equal(seen.evidence?.[0]?.source, "cgroup");
  assert.ok((seen.peak_memory ?? 0) > 48 * 2 ** 20 && (seen.peak_memory ?? 0) <= 64 * 2 ** 20);
});

test("a script that survives its killed child and exits 0 is oom all the same, and publishes nothing", async (t) => {
  if (!needs(t, ...MEMORY_GROUPS)) return;
  const folder = temporaryFolder(t);
  const script = `${EAT} || true; echo half > "$OUTPUT_DIR/x"; exit 0\n`;
  const work = submissionOf(folder, script, { resources: small, outputs: ["x"] });
  const seen = await runToEnd(openIn(folder), work);
  assert.deepEqual([seen.status, seen.verdict], ["failed", "oom"]);
  assert.ok(!existsSync(join(work.output, "x")));
});

test("a script that catches 137 and exits 3 is oom", async (t) => {
  if (!needs(t, ...MEMORY_GROUPS)) return;
  const folder = temporaryFolder(t);
  const seen = await runToEnd(
    openIn(folder),
    submissionOf(folder, `${EAT} || exit 3\n`, { resources: small }),
  );
  assert.deepEqual([seen.status, seen.verdict], ["failed", "oom"]);
});

test("without cgroups memory is sampled, the limit holds, and capacity says how", async (t) => {
  const folder = temporaryFolder(t);
  const executor = openIn(folder, { cgroups: "off" });
  // A child of a child holds it: a pipeline's member, as in most scripts.
  const hog = `( x=$(head -c 150M /dev/zero | tr '\\0' x); sleep 60 ) | cat\n`;
  const held = submissionOf(folder, hog, {
    resources: small,
    id: "held-a1",
  });
  const seen = await runToEnd(executor, held);
  assert.deepEqual([seen.status, seen.verdict, seen.evidence?.[0]?.source], ["failed", "oom", "sampled"]);
  assert.ok((seen.peak_memory ?? 0) > 64 * 2 ** 20);
  assert.match(
    (await executor.capacity()).notes.join(),
    /^memory limits are sampled every 0.2 s on this host/,
  );
});

test("a script is ended at its time limit", async (t) => {
  const folder = temporaryFolder(t);
  const work = submissionOf(folder, "sleep 600\n", { resources: { time: "0.3s" } });
  const seen = await runToEnd(openIn(folder), work);
  assert.deepEqual([seen.status, seen.exit_code, seen.verdict], ["failed", 143, "timeout"]);
  assert.equal(seen.evidence?.[0]?.text, "ended at its time limit of 0.3s");
});

test("a script that fills its disk limit is ended while it runs", async (t) => {
  const folder = temporaryFolder(t);
  const script = `head -c 3M /dev/zero > "$OUTPUT_DIR/big"; sleep 600\n`;
  const work = submissionOf(folder, script, { resources: { disk: "2MiB" }, outputs: ["big"] });
  const seen = await runToEnd(openIn(folder), work);
  assert.deepEqual([seen.status, seen.verdict, seen.evidence?.[0]?.source], ["failed", "disk_full", "limit"]);
});

test("a script that ended over its disk limit publishes nothing", async (t) => {
  const folder = temporaryFolder(t);
  const script = `head -c 3M /dev/zero > "$OUTPUT_DIR/big"\n`;
  const work = submissionOf(folder, script, { resources: { disk: "2MiB" }, outputs: ["big"] });
  const seen = await runToEnd(openIn(folder), work);
  assert.deepEqual([seen.status, seen.exit_code, seen.verdict], ["failed", 0, "disk_full"]);
  assert.ok(!existsSync(join(work.output, "big")));
});

test("a flooded log keeps its beginning and its end and says what is missing", async (t) => {
  const folder = temporaryFolder(t);
  const executor = openIn(folder, { logCapBytes: 64 * 1024 });
  const work = submissionOf(folder, "echo first; seq 20000000; echo last\n");
  const seen = await runToEnd(executor, work);
  assert.equal(seen.status, "succeeded");
  const path = new URL(seen.log_uri ?? "").pathname;
  assert.ok(statSync(path).size <= 64 * 1024, `${statSync(path).size} bytes`);
  const text = readFileSync(path, "utf8");
  assert.match(text, /^first\n1\n2\n/);
  assert.match(text, /\n\.\.\. \d+ bytes left out \.\.\.\n/);
  assert.match(text, /\n19999999\n20000000\nlast\n$/);
  const left = Number(/(\d+) bytes left out/.exec(text)?.[1]);
  assert.ok(left > 160_000_000 && left < 168_888_910, `${left}`);
  assert.ok((seen.log_tail ?? "").endsWith("20000000\nlast\n"));
  assert.match(seen.evidence?.at(-1)?.text ?? "", /bytes were left out of the middle of the log/);
});
