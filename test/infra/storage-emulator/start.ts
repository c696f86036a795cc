import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { TestContext } from "node:test";
import {
  openStorageEmulator,
  type StorageEmulatorOptions,
} from "../../../infra/storage-emulator/emulator.ts";

export interface Started {
  readonly url: string;
  readonly directory: string;
  /** Puts a file into a bucket's folder, as a mount does. */
  put(bucket: string, name: string, text: string | Buffer): Promise<void>;
  faults(...faults: object[]): Promise<void>;
  /** Requests since the start or the last call, by operation. */
  requests(): Promise<Record<string, number>>;
  close(): Promise<void>;
}

/** A storage emulator with an empty bucket `lab-data`, on a directory that goes after the test. */
export async function startStorage(
  t: Pick<TestContext, "after">,
  options: Partial<StorageEmulatorOptions> = {},
): Promise<Started> {
  const directory = options.directory ?? (await mkdtemp(join(tmpdir(), "bioagent-storage-")));
  await mkdir(join(directory, "lab-data"), { recursive: true });
  const emulator = await openStorageEmulator({ ...options, directory });
  t.after(async () => {
    await emulator.close();
    await rm(directory, { recursive: true, force: true, maxRetries: 5 });
  });
  const { url } = emulator;
  return {
    url,
    directory,
    async put(bucket, name, text) {
      const path = join(directory, bucket, name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, text);
    },
    async faults(...faults) {
      const answer = await fetch(`${url}/control/faults`, {
        method: "POST",
        body: JSON.stringify({ faults }),
      });
      if (!answer.ok) throw new Error(await answer.text());
    },
    async requests() {
      const counted = await fetch(`${url}/control/requests`, { method: "DELETE" });
      return ((await counted.json()) as { requests: Record<string, number> }).requests;
    },
    close: () => emulator.close(),
  };
}
