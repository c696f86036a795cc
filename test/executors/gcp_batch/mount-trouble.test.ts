import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openStorageEmulator } from "../../../infra/storage-emulator/emulator.ts";
import { openGcsFiles } from "../../../src/files/gcs/gcs-files.ts";
import { AdapterError } from "../../../src/ports.ts";
import { cloudHere, hasEnded, lookUntil } from "./cloud-here.ts";
import { aSubmission, confirmed, executorWith, fakeBatch } from "./fake-batch.ts";

const work = aSubmission({ environment: { FASTQ: "gs://others/a.fq" } });
const PROBE = ".bioagent-probe";
const MOUNT_FAILED = "mounting gs://reads failed: exit status 1";

interface World {
  /** By bucket, the code of what is said of it. */
  readonly refused?: Readonly<Record<string, string>>;
  readonly code?: number;
  readonly event?: string;
  readonly jobs?: number;
}

/** Jobs whose only task ended so, observed where reading some buckets fails; and which buckets were looked at. */
async function look({ refused = {}, code = 50000, event = "", jobs = 1 }: World) {
  const works = Array.from({ length: jobs }, (_, at) => ({
    ...work,
    attempt: { ...work.attempt, id: `lost-${at}-a1` },
  }));
  const looked: string[] = [];
  const readText = async (uri: string): Promise<string | null> => {
    const [, bucket = "", name] = /^gs:\/\/([^/]+)\/(.*)$/.exec(uri) ?? [];
    if (name === PROBE) looked.push(bucket);
    const said = refused[bucket];
    if (said !== undefined)
      throw new AdapterError(`reading ${uri}: ${said}`, { code: said, retryable: said === "unavailable" });
    return null;
  };
  const fake = fakeBatch();
  const executor = executorWith(fake, {}, { readText });
  await executor.submit(works);
  for (const { attempt } of works) fake.move(attempt.id, "FAILED", [{ description: event }]);
  const taskExecution = { exitCode: code };
  const statusEvents = [{ taskState: "FAILED", taskExecution, eventTime: "2026-02-27T11:11:00Z" }];
  for (const job of fake.jobs.keys()) fake.tasks.set(job, [{ status: { state: "FAILED", statusEvents } }]);
  const observed = await executor.observe(works.map((one) => confirmed(one)));
  const { exit_code, verdict, evidence = [] } = observed[0]!;
  return { said: [exit_code, verdict], evidence: evidence.map(({ text }) => text), looked };
}

test("50000 and a mounted bucket that is gone: the settings, and the bucket comes first in what was seen", async () => {
  for (const bucket of ["reads", "results", "others"]) {
    const { said, evidence } = await look({ refused: { [bucket]: "no_bucket" } });
    assert.deepEqual(said, [50000, "config"]);
    assert.equal(
      evidence[0],
      `the job mounts gs://${bucket}, which cannot be read from here: reading gs://${bucket}/${PROBE}: no_bucket`,
    );
  }
});

test("50000 and an input or output that may not be read any more: a permission", async () => {
  for (const bucket of ["reads", "results"]) {
    const { said, evidence } = await look({ refused: { [bucket]: "permission" } });
    assert.deepEqual(said, [50000, "permission"]);
    assert.match(evidence[0]!, new RegExp(`mounts gs://${bucket},`));
  }
});

test("a bucket that perhaps was never this account's to read is named, and judges nothing", async () => {
  const { said, evidence } = await look({ refused: { others: "permission" } });
  assert.deepEqual(said, [50000, null]);
  assert.match(evidence.at(-1)!, /mounts gs:\/\/others,/);
  const gone = await look({ refused: { others: "permission", results: "no_bucket" } });
  assert.deepEqual(gone.said, [50000, "config"]);
});

test("50000 with all buckets there, or none that can be asked, is as Batch told it", async () => {
  for (const refused of [{}, { reads: "unavailable", results: "unauthenticated" }]) {
    const { said, evidence, looked } = await look({ refused });
    assert.deepEqual(
      [said, looked.toSorted()],
      [
        [50000, null],
        ["others", "reads", "results"],
      ],
    );
    assert.doesNotMatch(evidence.join(), /mounts/);
  }
});

test("words of the events about mounting make it look, whatever the code; without them only 50000 does", async () => {
  const refused = { reads: "no_bucket" };
  assert.deepEqual((await look({ refused, code: 1, event: MOUNT_FAILED })).said, [1, "config"]);
  for (const code of [1, 50001, 50002]) {
    const { said, looked } = await look({ refused, code });
    assert.deepEqual([said, looked], [[code, null], []]);
  }
});

test("many jobs that failed for one bucket cost one look at it", async () => {
  const { looked } = await look({ refused: { reads: "no_bucket" }, jobs: 30 });
  assert.deepEqual(looked.toSorted(), ["others", "reads", "results"]);
});

test("a bucket that goes after the start, with Batch and Storage on this machine", async (t) => {
  const { open, buckets } = await cloudHere(t);
  const storage = await openStorageEmulator({ directory: buckets });
  t.after(() => storage.close());
  const files = openGcsFiles({ emulator: storage.url, projectId: "my-lab-123" });
  const executor = open({ readText: (uri) => files.read(uri) });
  const resources = { cpu: 1, memory: "64MiB" };
  const gone = aSubmission({ script: "true\n", image: null, environment: {}, outputs: [] }, { resources });
  rmSync(join(buckets, "reads"), { recursive: true });
  await executor.submit([gone]);
  const seen = await lookUntil(executor, gone, hasEnded);
  assert.deepEqual([seen.status, seen.exit_code, seen.verdict], ["failed", 50000, "config"]);
  assert.match(
    seen.evidence?.[0]?.text ?? "",
    /there is no bucket gs:\/\/reads .*buckets create gs:\/\/reads/,
  );
});
