import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { after, before, test } from "node:test";
import { type Bundle, bundleFunctions, loadedWith, packagesIn } from "../../scripts/bundle.ts";
import { getJson, needsLinux, workFolder } from "../http/child-server.ts";
import { carriesRun, deliversDue, FRAMEWORK, ROOT, serveFunction } from "./serve-function.ts";

let bundle: Bundle;

before(async () => {
  const folder = mkdtempSync(join(tmpdir(), "bioagent-bundle-"));
  bundle = await bundleFunctions(join(folder, "functions"));
  // All that the deployment installs. Its own packages are found where the link leads; ours would not be.
  mkdirSync(join(bundle.folder, "node_modules/@google-cloud"), { recursive: true });
  symlinkSync(join(ROOT, "node_modules", FRAMEWORK), join(bundle.folder, "node_modules", FRAMEWORK));
});
after(() => rmSync(join(bundle.folder, ".."), { recursive: true, force: true }));

const outputOf = (part: string): string => {
  const found = Object.entries(bundle.metafile.outputs).find(([, { entryPoint }]) => entryPoint === part);
  assert.ok(found, `${part} has a file of its own`);
  return found[0];
};

/** Clients that cost more than all else together. */
const HEAVY = [
  "@google-cloud/firestore",
  "@google-cloud/batch",
  "@google-cloud/storage",
  "google-gax",
  "@grpc/grpc-js",
];

test("no function loads a client before it is used, and what the framework is stays outside", () => {
  const { metafile, folder } = bundle;
  const index = outputOf("functions/index.ts");
  for (const part of ["src/http/api.ts", "src/http/poll.ts", "src/http/deliver-handler.ts"]) {
    const packages = packagesIn(metafile, loadedWith(metafile, [index, outputOf(part)]));
    for (const heavy of [...HEAVY, "google-auth-library"])
      assert.equal(packages.has(heavy), false, `${part}: ${heavy}`);
    assert.ok(packages.has("zod"), "packages are seen at all");
  }
  const all = packagesIn(metafile, Object.keys(metafile.outputs));
  assert.equal(all.has(FRAMEWORK), false);
  const { main, dependencies, type } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  assert.deepEqual([main, type, Object.keys(dependencies)], ["index.js", "module", [FRAMEWORK]]);
});

test("each function loads only its own handlers", () => {
  const loaded = (part: string) =>
    loadedWith(bundle.metafile, [outputOf("functions/index.ts"), outputOf(part)]);
  const api = outputOf("src/http/api.ts");
  assert.equal(loaded("src/http/poll.ts").has(api), false);
  assert.equal(loaded("src/http/deliver-handler.ts").has(api), false);
  assert.equal(loaded("src/http/api.ts").has(outputOf("src/http/poll.ts")), false);
});

/** Prints every file that is loaded; a program that is given begins with it. */
const LOUD = `import { registerHooks } from "node:module";
registerHooks({ load: (url, context, next) => (console.log("loaded " + url), next(url, context)) });`;

test("an instance that has started has loaded no client that it does not use", () => {
  const { folder, metafile } = bundle;
  for (const target of ["api", "poll", "deliver"]) {
    const program = `await import(${JSON.stringify(join(folder, "index.js"))}).then(({ ready }) => ready); process.exit(0);`;
    const hooks = `--import=data:text/javascript,${encodeURIComponent(LOUD)}`;
    const done = spawnSync(process.execPath, [hooks, "--input-type=module", "-e", program], {
      encoding: "utf8",
      cwd: folder,
      env: {
        PATH: process.env["PATH"],
        METADATA_SERVER_DETECTION: "none",
        FUNCTION_TARGET: target,
        BIOAGENT_STORE: "firestore",
        BIOAGENT_EXECUTOR: "gcp_batch",
        GOOGLE_CLOUD_PROJECT: "my-lab-123",
      },
    });
    assert.equal(done.status, 0, done.stderr);
    const files = [...done.stdout.matchAll(/^loaded file:\/\/.*\/([^/]+)$/gm)].map(([, name]) => name!);
    const outputs = Object.keys(metafile.outputs).filter((output) => files.includes(basename(output)));
    assert.ok(outputs.length >= 2, done.stdout);
    const packages = packagesIn(metafile, outputs);
    for (const unused of ["@google-cloud/batch", "@google-cloud/storage"])
      assert.equal(packages.has(unused), false, `${target}: ${unused}`);
  }
});

/** One built function, as Cloud Run starts it. */
const startBuilt = (folder: string, target: string, variables: Record<string, string> = {}) =>
  serveFunction(folder, {
    packages: bundle.folder,
    source: bundle.folder,
    variables: { FUNCTION_TARGET: target, ...variables },
  });

test("the built api and poll carry a run from its start to its notice", async (t) => {
  if (!needsLinux(t)) return;
  const folder = workFolder(t);
  const [api, poll] = await Promise.all([startBuilt(folder, "api"), startBuilt(folder, "poll")]);
  assert.equal((await getJson(`${api.url}/v1/health`))?.["version"], packageVersion());
  await carriesRun(folder, { api, poll });
  assert.match(poll.printed(), /^\{"severity":"INFO","message":"bioagent heartbeat","runs":1,/m);
});

const packageVersion = (): string =>
  (JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string }).version;

test("the built deliver takes an event as Eventarc sends it: attributes in headers, a body of protobuf", async (t) => {
  if (!needsLinux(t)) return;
  const folder = workFolder(t);
  await deliversDue(folder, async () => {
    // The signature type that the buildpack sets for event functions.
    const deliver = await startBuilt(folder, "deliver", { FUNCTION_SIGNATURE_TYPE: "cloudevent" });
    const tell = (document: string) =>
      fetch(deliver.url, {
        method: "POST",
        headers: eventHeaders(document),
        body: new Uint8Array([10, 3, 255, 254, 0, 18, 7, 1, 2, 3, 4, 5, 6, 7]),
      });
    return { deliver, tell };
  });
});

/** https://cloud.google.com/eventarc/docs/cloudevents#firestore */
const eventHeaders = (document: string): Record<string, string> => ({
  "content-type": "application/protobuf",
  "ce-specversion": "1.0",
  "ce-id": "5b6fb7f6-30b8-4f7e-9f1d-0c6a1b7f8b7e",
  "ce-type": "google.cloud.firestore.document.v1.created",
  "ce-source": "//firestore.googleapis.com/projects/my-lab-123/databases/bioagent",
  "ce-subject": `documents/${document}`,
  "ce-document": document,
  "ce-project": "my-lab-123",
  "ce-database": "bioagent",
  "ce-namespace": "(default)",
  "ce-location": "us-central1",
  "ce-time": "2026-02-27T10:30:00.000Z",
  "ce-dataschema":
    "https://github.com/googleapis/google-cloudevents/blob/main/proto/google/events/cloud/firestore/v1/data.proto",
});
