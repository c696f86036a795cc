/** The same suite against another counterpart of the service, so that ours is not its only judge. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { freePort } from "../../../infra/free-port.ts";
import { needs } from "../../support/require.ts";
import { besideCheckout, sharedPath } from "../../support/shared.ts";
import type { Part } from "./conformance/check.ts";
import { storageConformance } from "./conformance.ts";

const STARTER = sharedPath("tools/gcs-emu.cjs");
const tools = process.env["BIOAGENT_FIREBASE_TOOLS"] ?? "";
const present =
  tools !== "" && existsSync(join(tools, "node_modules/firebase-tools/package.json")) && STARTER !== null;

/** What it lacks, each seen in a run of the whole suite against 15.34.2; facts/infra.md section 4 names the same. */
const LACKS: ReadonlySet<Part> = new Set<Part>([
  "buckets", // none can be made or missing: they appear with their first object
  "chunks", // an upload with chunkSize ends in FILE_NO_UPLOAD; a chunk is 400 instead of 308
  "conditions", // ifGenerationMatch and its like are ignored: no 412
  "listing_filters", // matchGlob, startOffset and fields are ignored
  "compose", // 501
  "claims", // a content of another checksum than was announced is taken
]);

async function start(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "bioagent-firebase-"));
  // The starter looks for its packages beside itself, by the name that it was called by.
  await symlink(STARTER!, join(folder, "gcs-emu.cjs"));
  await symlink(join(tools, "node_modules"), join(folder, "node_modules"));
  const port = await freePort();
  const child = spawn(
    process.execPath,
    ["--preserve-symlinks-main", join(folder, "gcs-emu.cjs"), String(port)],
    { cwd: folder, stdio: ["ignore", "pipe", "ignore"] },
  );
  after(async () => {
    child.kill("SIGKILL");
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  });
  const said = await Promise.race([once(child.stdout, "data"), once(child, "exit")]);
  if (!String(said[0]).startsWith("ready")) throw new Error(`firebase-tools did not start: ${said[0]}`);
  return `http://127.0.0.1:${port}`;
}

const url = present ? await start() : null;

storageConformance("firebase-tools", LACKS, (t) => {
  if (besideCheckout(t, "tools/gcs-emu.cjs") === null) return null;
  const remedy = "npm install firebase-tools@15 in a folder, named by BIOAGENT_FIREBASE_TOOLS";
  if (!needs(t, "firebase-tools", url !== null, remedy) || url === null) return null;
  return { url, makeBucket: async () => undefined };
});
