import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { openEmulator } from "../../../infra/batch-emulator/emulator.ts";
import { openStorageEmulator } from "../../../infra/storage-emulator/emulator.ts";
import type { Observation } from "../../../src/core/observation.ts";
import { type BatchClient, openBatchClient } from "../../../src/executors/gcp_batch/batch-client.ts";
import type { GcpBatchOptions } from "../../../src/executors/gcp_batch/batch-settings.ts";
import { countCalls } from "../../../src/executors/gcp_batch/call-counts.ts";
import {
  type GcpBatchExecutor,
  openGcpBatchExecutor,
} from "../../../src/executors/gcp_batch/gcp-batch-executor.ts";
import type { AttemptRef } from "../../../src/ports.ts";
import { batchOptions } from "./fake-batch.ts";

process.env["METADATA_SERVER_DETECTION"] = "none";

/** Batch and Cloud Storage on this machine, on the same folders. */
export interface CloudHere {
  readonly executor: GcpBatchExecutor;
  /** Holds a folder for each bucket: `reads`, `results`. */
  readonly buckets: string;
  /** Calls to Batch that no executor makes. */
  readonly client: BatchClient;
  /** Another monitor of the same store. */
  open(options?: Partial<GcpBatchOptions>): GcpBatchExecutor;
}

export async function cloudHere(t: TestContext, scenario: object = {}): Promise<CloudHere> {
  const folder = mkdtempSync(join(tmpdir(), "bioagent-batch-"));
  const buckets = join(folder, "buckets");
  for (const bucket of ["reads", "results"]) mkdirSync(join(buckets, bucket), { recursive: true });
  const storage = await openStorageEmulator({ directory: buckets });
  const batch = await openEmulator({ restPort: 0, grpcPort: 0, buckets, containers: "host", scenario });
  t.after(async () => {
    await batch.close();
    await storage.close();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });
  const readText = (uri: string): Promise<string | null> =>
    readFile(join(buckets, uri.slice("gs://".length)), "utf8").catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return null;
      throw error;
    });
  const open = (options: Partial<GcpBatchOptions> = {}): GcpBatchExecutor =>
    openGcpBatchExecutor(
      batchOptions({
        emulator: `127.0.0.1:${batch.grpcPort}`,
        storageEmulator: storage.url,
        now: () => new Date().toISOString(),
        readText,
        ...options,
      }),
    );
  const client = openBatchClient({
    project: batchOptions().project,
    emulator: `127.0.0.1:${batch.grpcPort}`,
    counter: countCalls(),
  });
  return { executor: open(), buckets, client, open };
}

/** Looks until it is as wanted; fails after 20 s with what was seen last. */
export async function lookUntil(
  executor: GcpBatchExecutor,
  ref: AttemptRef,
  wanted: (seen: Observation) => boolean,
): Promise<Observation> {
  const deadline = AbortSignal.timeout(20_000);
  for (;;) {
    const [seen] = await executor.observe([ref]);
    if (seen && wanted(seen)) return seen;
    if (deadline.aborted) throw new Error(`not seen in 20 s; last: ${JSON.stringify(seen)}`);
    await executor.changed(AbortSignal.any([deadline, AbortSignal.timeout(150)]));
  }
}

export const hasEnded = ({ status }: Observation): boolean =>
  status !== null && status !== "running" && status !== "submitted";
