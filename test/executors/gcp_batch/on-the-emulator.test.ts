import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Observation } from "../../../src/core/observation.ts";
import type { Submission } from "../../../src/ports.ts";
import { cloudHere, hasEnded, lookUntil } from "./cloud-here.ts";
import { aSubmission } from "./fake-batch.ts";

const RESOURCES = { cpu: 1, memory: "64MiB" };
const script = (text: string, id: string, fields: Partial<Submission> = {}, resources: object = {}) =>
  aSubmission(
    { script: text, image: null, environment: {}, outputs: [], ...fields },
    { id, resources: { ...RESOURCES, ...resources } },
  );

/** Submits and looks until it has ended. */
async function runToEnd(
  t: Parameters<typeof cloudHere>[0],
  work: Submission,
  effect: object | null = null,
): Promise<Observation> {
  const { executor } = await cloudHere(t, effect ? { rules: [{ effect }] } : {});
  const [result] = await executor.submit([work]);
  assert.equal(result?.kind, "submitted", JSON.stringify(result));
  return lookUntil(executor, work, hasEnded);
}

test("a container's step reads its inputs as files and publishes what it made", async (t) => {
  const { executor, buckets } = await cloudHere(t);
  const results = join(buckets, "results/out/2026-02-27_rnaseq_001");
  mkdirSync(results, { recursive: true });
  writeFileSync(join(buckets, "reads/a.txt"), "from the bucket");
  writeFileSync(join(results, "earlier.tsv"), "of an earlier step");
  const work = aSubmission(
    {
      script:
        'cp "$FASTQ_1" "$OUTPUT_DIR/cell.txt"; cp "$INPUT_DIR/a.txt" "$OUTPUT_DIR/input.txt"; cp "$SHEET" "$OUTPUT_DIR/sheet.txt"; cp "$RESULTS_DIR/earlier.tsv" "$OUTPUT_DIR/earlier.txt"; ! touch "$INPUT_DIR/x"\n',
      environment: { FASTQ_1: "gs://reads/a.txt" },
      files: { SHEET: "fastq_1\ngs://reads/a.txt\n" },
      input: "gs://reads/",
      outputs: [{ path: "*.txt", allow_empty: false }],
    },
    { resources: RESOURCES },
  );
  await executor.submit([work]);
  const seen = await lookUntil(executor, work, hasEnded);
  assert.deepEqual([seen.status, seen.exit_code], ["succeeded", 0], JSON.stringify(seen));
  const made = (name: string) => readFileSync(join(results, name), "utf8");
  assert.deepEqual([made("cell.txt"), made("input.txt")], ["from the bucket", "from the bucket"]);
  assert.equal(made("earlier.txt"), "of an earlier step");
  assert.equal(made("sheet.txt"), "fastq_1\n/mnt/disks/reads/a.txt\n");
});

test("too much memory is an exit with 137, and its report still comes", async (t) => {
  const work = script("echo filling; head -c 300m /dev/zero | tail -c 200m >/dev/null\n", "oom-a1");
  const seen = await runToEnd(t, work);
  assert.deepEqual([seen.status, seen.exit_code], ["failed", 137], JSON.stringify(seen));
  assert.match(seen.log_tail ?? "", /^filling\n/);
});

test("a step over its time is Batch's 50005, with its log", async (t) => {
  const seen = await runToEnd(t, script("echo begun; sleep 600\n", "slow-a1", {}, { time: "2s" }));
  assert.deepEqual([seen.status, seen.exit_code, seen.log_tail], ["failed", 50005, "begun\n"]);
});

test("a preemption is Batch's 50001, and no report is needed for it", async (t) => {
  const work = script("sleep 600\n", "spot-a1", {}, { spot: true });
  const seen = await runToEnd(t, work, { preempt: { after_ms: 300 } });
  assert.deepEqual([seen.status, seen.exit_code, seen.ran], ["failed", 50001, true]);
});

test("tasks that are hidden for a while, unordered events, lagging counts: judged when they can be read", async (t) => {
  const effect = { hidden_tasks: { for_ms: 1500 }, unordered_events: true, lagging_counts: { for_ms: 500 } };
  const seen = await runToEnd(t, script("exit 4\n", "late-a1"), effect);
  assert.deepEqual([seen.status, seen.exit_code], ["failed", 4]);
});

test("failed before any task existed: it never ran, in the provider's words", async (t) => {
  const seen = await runToEnd(t, script("true\n", "zero-a1"), { zero_tasks: {} });
  assert.deepEqual([seen.status, seen.ran, seen.exit_code], ["failed", false, null]);
});

test("a stock-out is a named wait, and then it runs", async (t) => {
  const { executor } = await cloudHere(t, { rules: [{ effect: { stock_out: { for_ms: 1500 } } }] });
  const work = script("true\n", "stock-a1");
  await executor.submit([work]);
  const waiting = await lookUntil(executor, work, (seen) => Boolean(seen.waiting) || hasEnded(seen));
  assert.deepEqual([waiting.status, waiting.waiting?.reason], ["submitted", "capacity"]);
  assert.equal((await lookUntil(executor, work, hasEnded)).status, "succeeded");
});

test("cancelled by the provider before it ran", async (t) => {
  const seen = await runToEnd(t, script("true\n", "gone-a1"), { provider_cancel: {} });
  assert.deepEqual([seen.status, seen.ran], ["cancelled", false]);
});

test("a deadline that was exceeded though the job was created: submitted, once", async (t) => {
  const rules = [{ match: { method: "CreateJob", times: 1 }, effect: { deadline_exceeded: true } }];
  const { executor } = await cloudHere(t, { rules });
  const work = script("echo once\n", "deadline-a1");
  assert.equal((await executor.submit([work]))[0]?.kind, "submitted");
  assert.equal((await lookUntil(executor, work, hasEnded)).log_tail, "once\n");
  assert.equal(executor.callCounts().create, 1);
});

test("a refused creation is refused in the provider's words, a slow-down waits", async (t) => {
  const rule = (job: string, code: string) => ({
    match: { method: "CreateJob", job, times: 1 },
    effect: { error: { code, message: `words for ${job}` } },
  });
  const { executor } = await cloudHere(t, {
    rules: [rule("perm-a1", "PERMISSION_DENIED"), rule("slow-a1", "RESOURCE_EXHAUSTED")],
  });
  const answers = [];
  for (const id of ["perm-a1", "slow-a1"]) answers.push(...(await executor.submit([script("true\n", id)])));
  const [denied, slow] = answers;
  assert.ok(denied?.kind === "refused" && slow?.kind === "later");
  assert.deepEqual([denied.class, denied.text], ["permission", "PERMISSION_DENIED: words for perm-a1"]);
  assert.deepEqual(slow.waiting, { reason: "quota", detail: "RESOURCE_EXHAUSTED: words for slow-a1" });
});

test("a zone that is not there and a foreign job under our id are configuration", async (t) => {
  const { executor, open } = await cloudHere(t);
  const work = script("true\n", "mine-a1");
  await open({ storeUid: async () => "another store" }).submit([work]);
  const [foreign] = await executor.submit([work]);
  assert.ok(foreign?.kind === "refused" && foreign.class === "config");
  assert.match(foreign.text, /belongs to the store another-store/);
  const [nowhere] = await executor.submit([script("true\n", "zone-a1", {}, { zones: ["mars-north1-a"] })]);
  assert.equal(nowhere?.kind === "refused" ? nowhere.class : nowhere?.kind, "config");
});

test("deleted in the console: lost, certainly, once it is gone", async (t) => {
  const { executor, open, client } = await cloudHere(t);
  const work = script("sleep 600\n", "deleted-a1");
  const [result] = await executor.submit([work]);
  assert.ok(result?.kind === "submitted");
  const submitted_at = "2026-02-27T11:00:00.000Z";
  const attempt = { ...work.attempt, status: "submitted", handle: result.handle, submitted_at } as const;
  const later = open({ now: () => "2026-02-27T12:00:00.000Z" });
  await client.delete(String(result.handle?.["name"]));
  const seen = await lookUntil(later, { ...work, attempt }, hasEnded);
  assert.deepEqual([seen.status, seen.certain], ["lost", true]);
});

test("the open jobs of many runs are seen in one listing", async (t) => {
  const { executor } = await cloudHere(t, { latencies: { queued_ms: 600_000 } });
  const works = Array.from({ length: 120 }, (_, at) => script("true\n", `many-${at}-a1`));
  await executor.submit(works);
  await executor.changed(AbortSignal.abort());
  const before = executor.callCounts().list;
  for (let at = 0; at < 120; at += 10) {
    const seen = await executor.observe(works.slice(at, at + 10));
    assert.deepEqual(new Set(seen.map(({ status }) => status)), new Set(["submitted"]));
  }
  assert.ok(executor.callCounts().list - before <= 3);
});

test("a service that is away is told at once, by every call, and changes nothing", async (t) => {
  const rules = [{ effect: { unavailable: { for_ms: 3_600_000 } } }];
  const { executor } = await cloudHere(t, { rules });
  const works = Array.from({ length: 40 }, (_, at) => script("true\n", `away-${at}-a1`));
  const begun = performance.now();
  const later = await executor.submit(works);
  assert.ok(later.every((one) => one.kind === "later" && one.waiting?.reason === "executor_unreachable"));
  const [seen] = await executor.observe(works);
  assert.deepEqual([seen?.status, seen?.waiting?.reason], [null, "executor_unreachable"]);
  await assert.rejects(executor.cancel(works), /40 of 40 could not be cancelled now: .*UNAVAILABLE/);
  // The client library would go on trying a read for half a minute.
  assert.ok(performance.now() - begun < 10_000);
});
