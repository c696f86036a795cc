/** A second real client, which writes its multipart bodies in another way than the library does. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { needs } from "../../support/require.ts";
import { startStorage } from "./start.ts";

const run = promisify(execFile);
const present = await run("gcloud", ["--version"]).then(
  () => true,
  () => false,
);

test("gcloud storage copies up, lists, copies between buckets and removes", async (t) => {
  if (!needs(t, "gcloud", present, "install the Google Cloud CLI")) return;
  const storage = await startStorage(t);
  const folder = await mkdtemp(join(tmpdir(), "bioagent-gcloud-"));
  t.after(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  const env = {
    ...process.env,
    CLOUDSDK_CONFIG: folder,
    CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE: `${storage.url}/storage/v1/`,
    CLOUDSDK_AUTH_DISABLE_CREDENTIALS: "True",
    CLOUDSDK_CORE_PROJECT: "my-lab",
    CLOUDSDK_CORE_DISABLE_PROMPTS: "1",
  };
  const gcloud = async (...args: string[]) => (await run("gcloud", ["storage", ...args], { env })).stdout;
  // The first in one multipart request, the second in a resumable upload: gcloud's limit is 8 MiB.
  const contents = { "small.bin": randomBytes(1000), "large.bin": randomBytes(9 * 2 ** 20) };
  for (const [name, bytes] of Object.entries(contents)) await writeFile(join(folder, name), bytes);
  const paths = Object.keys(contents).map((name) => join(folder, name));
  await gcloud("cp", ...paths, "gs://lab-data/up/");
  for (const [name, bytes] of Object.entries(contents))
    assert.ok((await readFile(join(storage.directory, "lab-data/up", name))).equals(bytes), name);
  assert.equal(
    await gcloud("ls", "gs://lab-data/up/"),
    "gs://lab-data/up/large.bin\ngs://lab-data/up/small.bin\n",
  );
  await gcloud("buckets", "create", "gs://second-bucket");
  await gcloud("mv", "gs://lab-data/up/small.bin", "gs://second-bucket/");
  assert.ok(
    (await readFile(join(storage.directory, "second-bucket/small.bin"))).equals(contents["small.bin"]),
  );
  assert.equal(await gcloud("ls", "gs://lab-data/up/"), "gs://lab-data/up/large.bin\n");
});
