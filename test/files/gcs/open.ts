import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { type GcsFilesOptions, openGcsFiles } from "../../../src/files/gcs/gcs-files.ts";
import type { Files } from "../../../src/ports.ts";
import { type Started, startStorage } from "../../infra/storage-emulator/start.ts";

process.env["METADATA_SERVER_DETECTION"] = "none";

export interface OpenedBucket {
  readonly files: Files;
  readonly storage: Started;
  /** `gs://lab-data/`. */
  readonly root: string;
  readonly put: (uri: string, text: string) => Promise<void>;
  readonly remove: (uri: string) => Promise<void>;
  /** Milliseconds that were waited for, by a clock that only sleeping moves. */
  readonly slept: () => number;
}

/** Files in the bucket `lab-data` of an emulator of its own. Waiting takes no time. */
export async function openBucket(
  t: TestContext,
  options: Partial<GcsFilesOptions> & { readonly writeIntervalMilliseconds?: number } = {},
): Promise<OpenedBucket> {
  const { writeIntervalMilliseconds, ...settings } = options;
  let clock = 0;
  const now = () => Date.parse("2026-02-27T10:00:00Z") + clock;
  const storage = await startStorage(t, { writeIntervalMilliseconds, now });
  const sleep = async (milliseconds: number) => {
    clock += milliseconds;
  };
  const patience = { sleep, random: () => 0 };
  const root = "gs://lab-data/";
  const nameOf = (uri: string) => uri.slice(root.length);
  return {
    files: openGcsFiles({ emulator: storage.url, projectId: "my-lab", now, patience, ...settings }),
    ...{ storage, root },
    put: (uri, text) => storage.put("lab-data", nameOf(uri), text),
    remove: (uri) => rm(join(storage.directory, "lab-data", nameOf(uri))),
    slept: () => clock,
  };
}
