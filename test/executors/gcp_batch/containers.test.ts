import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { openEmulator } from "../../../infra/batch-emulator/emulator.ts";
import { openStorageEmulator } from "../../../infra/storage-emulator/emulator.ts";
import type { Observation } from "../../../src/core/observation.ts";
import { parseEndRecord } from "../../../src/executors/gcp_batch/end-record.ts";
import {
  type GcpBatchExecutor,
  openGcpBatchExecutor,
} from "../../../src/executors/gcp_batch/gcp-batch-executor.ts";
import type { Submission } from "../../../src/ports.ts";
import { type Podman, podmanHere } from "../../infra/batch-emulator/engine/containers-image.ts";
import { hasEnded, lookUntil } from "./cloud-here.ts";
import { aSubmission, batchOptions } from "./fake-batch.ts";

const RESULTS = "results/out/2026-02-27_rnaseq_001";

interface Bench {
  readonly executor: GcpBatchExecutor;
  /** The run's output. */
  readonly results: string;
  readonly buckets: string;
  readonly podman: Podman;
  work(script: string, fields?: Partial<Submission>, resources?: object): Submission;
  run(work: Submission): Promise<Observation>;
}

/** The executor on the emulators, and steps in real containers. */
async function bench(t: TestContext): Promise<Bench | null> {
  const podman = await podmanHere(t);
  if (podman === null) return null;
  const folder = mkdtempSync(join(tmpdir(), "bioagent-containers-"));
  const buckets = join(folder, "buckets");
  for (const bucket of ["reads", "results"]) mkdirSync(join(buckets, bucket), { recursive: true });
  const storage = await openStorageEmulator({ directory: buckets });
  const batch = await openEmulator({ restPort: 0, grpcPort: 0, buckets, containers: "auto" });
  t.after(async () => {
    await batch.close();
    await storage.close();
    assert.equal(podman.ask("ps", "-aq", `--filter=ancestor=${podman.image}`), "");
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });
  const executor = openGcpBatchExecutor(
    batchOptions({
      emulator: `127.0.0.1:${batch.grpcPort}`,
      storageEmulator: storage.url,
      now: () => new Date().toISOString(),
      readText: (uri) => textOf(join(buckets, uri.slice("gs://".length))),
    }),
  );
  return {
    executor,
    buckets,
    podman,
    results: join(buckets, RESULTS),
    work: (script, fields = {}, resources = {}) =>
      aSubmission(
        { script, image: podman.image, environment: {}, input: null, outputs: [], ...fields },
        { resources: { cpu: 1, memory: "64MiB", ...resources } },
      ),
    async run(work) {
      const [result] = await executor.submit([work]);
      assert.equal(result?.kind, "submitted", JSON.stringify(result));
      return lookUntil(executor, work, hasEnded);
    },
  };
}

const textOf = (path: string): Promise<string | null> =>
  readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw error;
  });

const outputs = [{ path: "**/*.txt", allow_empty: false }];
const seenOf = ({ status, exit_code }: Observation) => [status, exit_code];

test("a step in its image publishes its outputs with a manifest; its log and its end are kept", async (t) => {
  const here = await bench(t);
  if (here === null) return;
  const script = 'mkdir "$OUTPUT_DIR/a"; printf hello >"$OUTPUT_DIR/a/x.txt"; echo made; echo trouble >&2\n';
  const work = here.work(script, { outputs });
  const seen = await here.run(work);
  assert.deepEqual(seenOf(seen), ["succeeded", 0], JSON.stringify(seen));
  assert.ok(Date.parse(seen.started_at ?? "") <= Date.parse(seen.ended_at ?? ""));
  assert.equal(readFileSync(join(here.results, "a/x.txt"), "utf8"), "hello");
  const record = join(here.results, ".bioagent", work.job);
  assert.deepEqual(JSON.parse(readFileSync(join(record, "a1.json"), "utf8")), {
    attempt: work.attempt.id,
    outputs: [
      {
        pattern: "**/*.txt",
        path: "a/x.txt",
        size: 5,
        checksum: "md5:5d41402abc4b2a76b9719d911017c592",
      },
    ],
  });
  assert.equal(await here.executor.log(work, { lines: null }), "made\ntrouble\n");
});

test("it runs in the image, as the image's user, who may write its work, output and temporary folders only", async (t) => {
  const here = await bench(t);
  if (here === null) return;
  mkdirSync(here.results, { recursive: true });
  writeFileSync(join(here.buckets, "reads/a.txt"), "from the bucket");
  writeFileSync(join(here.results, "earlier.tsv"), "of an earlier step");
  const script = [
    'test ! -e /usr && test "$(id -u)" = 1000 && test "$PWD" = "$WORK_DIR"',
    'echo w >"$WORK_DIR/w"; echo t >"$TMPDIR/t"; cp "$SHEET" "$OUTPUT_DIR/sheet.txt"',
    'cp "$FASTQ_1" "$OUTPUT_DIR/cell.txt"; cp "$INPUT_DIR/a.txt" "$RESULTS_DIR/earlier.tsv" "$WORK_DIR"',
    'cat a.txt earlier.tsv >"$OUTPUT_DIR/both.txt"',
    'for folder in "$INPUT_DIR" "$RESULTS_DIR"; do ! touch "$folder/x" 2>>"$OUTPUT_DIR/refused.txt"; done',
    "echo $SAMPLE $MEMORY_MIB",
  ];
  const work = here.work(`${script.join("\n")}\n`, {
    outputs,
    input: "gs://reads/",
    files: { SHEET: "fastq_1\ngs://reads/a.txt\n" },
    environment: { FASTQ_1: "gs://reads/a.txt", SAMPLE: "S1 $(touch /tmp/x)", MEMORY_MIB: "64" },
  });
  const seen = await here.run(work);
  assert.deepEqual(seenOf(seen), ["succeeded", 0], JSON.stringify(seen));
  const made = (name: string) => readFileSync(join(here.results, name), "utf8");
  assert.deepEqual(
    [made("cell.txt"), made("both.txt"), made("sheet.txt")],
    ["from the bucket", "from the bucketof an earlier step", "fastq_1\n/mnt/disks/reads/a.txt\n"],
  );
  assert.equal(made("refused.txt").match(/Read-only file system/g)?.length, 2);
  assert.deepEqual(readdirSync(join(here.buckets, "reads")), ["a.txt"]);
  assert.equal(seen.log_tail, "S1 $(touch /tmp/x) 64\n");
});

test("its exit code is the attempt's, and nothing is published", async (t) => {
  const here = await bench(t);
  if (here === null) return;
  const seen = await here.run(here.work('echo x >"$OUTPUT_DIR/x.txt"; exit 3\n', { outputs }));
  assert.deepEqual([...seenOf(seen), seen.verdict ?? null], ["failed", 3, null]);
  assert.deepEqual(readdirSync(here.results), [".bioagent"]);
});

test("peak memory is measured in the container, and a kill there is counted, also one that the script survives", async (t) => {
  const here = await bench(t);
  if (here === null) return;
  const fill = (mib: number) => `head -c ${mib + 10}m /dev/zero | tail -c ${mib}m >/dev/null`;
  const record = async (work: Submission) => {
    const path = join(here.results, ".bioagent", work.job, `a${work.attempt.attempt}.exit.json`);
    return parseEndRecord((await textOf(path)) ?? "", work.attempt.id);
  };
  const modest = here.work(`${fill(30)}\n`);
  const seen = await here.run(modest);
  assert.deepEqual(seenOf(seen), ["succeeded", 0], JSON.stringify(seen));
  const peak = (await record(modest))?.peak ?? 0;
  assert.ok(peak > 30 * 2 ** 20 && peak <= 64 * 2 ** 20, String(peak));
  for (const [at, script] of [`${fill(200)}\n`, `${fill(200)} || echo went on\n`].entries()) {
    const id = `bioagent-20260227-001-oom-1f3a9c2e-a${at + 1}`;
    const work: Submission = here.work(script, { job: `oom-${at}` });
    const greedy: Submission = { ...work, attempt: { ...work.attempt, id, attempt: at + 1 } };
    assert.deepEqual(seenOf(await here.run(greedy)), ["failed", 137]);
    const { kills = 0, peak: highest } = (await record(greedy)) ?? {};
    assert.ok(kills > 0, String(kills)); // the kernel may take both ends of the pipe
    assert.equal(highest, 64 * 2 ** 20);
  }
});

test("a step over its time is 50005 with its log, a cancelled one is ended, and no container is left", async (t) => {
  const here = await bench(t);
  if (here === null) return;
  const slow = await here.run(here.work("echo begun; sleep 600\n", {}, { time: "2s" }));
  assert.deepEqual([...seenOf(slow), slow.log_tail], ["failed", 50005, "begun\n"]);
  const other = here.work("sleep 600\n");
  const work = { ...other, attempt: { ...other.attempt, id: "bioagent-20260227-001-cancel-1f3a9c2e-a1" } };
  await here.executor.submit([work]);
  await lookUntil(here.executor, work, ({ status }) => status === "running");
  await here.executor.cancel([work]);
  assert.equal((await lookUntil(here.executor, work, hasEnded)).status, "cancelled");
});

test("an image that cannot be had is 125, and its step never ran", async (t) => {
  const here = await bench(t);
  if (here === null) return;
  const seen = await here.run(here.work("true\n", { image: "bioagent-test-none:1" }));
  assert.deepEqual(seenOf(seen), ["failed", 125], JSON.stringify(seen));
});
