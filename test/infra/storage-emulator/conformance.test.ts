import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { openStorageEmulator } from "../../../infra/storage-emulator/emulator.ts";
import { storageConformance } from "./conformance.ts";

const directory = await mkdtemp(join(tmpdir(), "bioagent-storage-"));
const emulator = await openStorageEmulator({ directory });
after(async () => {
  await emulator.close();
  await rm(directory, { recursive: true, force: true, maxRetries: 5 });
});

storageConformance("storage emulator", new Set(), () => ({
  url: emulator.url,
  makeBucket: async (storage, name) => void (await storage.createBucket(name)),
}));
