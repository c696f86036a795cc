import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { getFunction } from "@google-cloud/functions-framework/testing";
import { FUNCTIONS } from "../../functions/index.ts";
import { DELIVER_SECONDS } from "../../src/http/deliver-handler.ts";
import { POLL_SECONDS } from "../../src/http/poll.ts";
import { openSqliteStore } from "../../src/stores/sqlite/sqlite-store.ts";
import {
  type Child,
  freePort,
  getJson,
  needsLinux,
  startNode,
  until,
  workFolder,
} from "../http/child-server.ts";
import { aNotice, aStart } from "../support/documents.ts";

const ROOT = join(import.meta.dirname, "../..");
const FRAMEWORK = join(ROOT, "node_modules/@google-cloud/functions-framework/build/src/main.js");

const listed = JSON.parse(readFileSync(join(ROOT, "functions/functions.json"), "utf8")) as {
  name: string;
  trigger: string;
  timeoutSeconds: number;
  memory: string;
}[];

test("functions.json lists the registered functions, each with what Terraform needs", () => {
  assert.deepEqual(listed.map(({ name }) => name).sort(), Object.keys(FUNCTIONS).sort());
  for (const { name, trigger, timeoutSeconds, memory } of listed) {
    assert.equal(typeof getFunction(name), "function", name);
    assert.match(trigger, /^(http|schedule|firestore)$/);
    assert.ok(timeoutSeconds > 0 && timeoutSeconds <= 540);
    assert.match(memory, /^\d+(Mi|Gi)$/);
  }
});

test("what a function knows of its own time limit is what functions.json says", () => {
  const limit = (name: string) => listed.find((each) => each.name === name)?.timeoutSeconds;
  assert.deepEqual([limit("poll"), limit("deliver")], [POLL_SECONDS, DELIVER_SECONDS]);
});

/** One function under the real framework, from source. */
async function startFunction(folder: string, target: string): Promise<Child & { url: string }> {
  const port = await freePort();
  const source = join(ROOT, "functions/index.ts");
  const child = startNode(folder, [
    FRAMEWORK,
    "--source",
    source,
    "--target",
    target,
    "--port",
    String(port),
  ]);
  await until(`${target} is served`, () => child.printed().includes("URL: "));
  return { ...child, url: `http://127.0.0.1:${port}` };
}

const sends = (body: unknown, headers: Record<string, string> = {}) => ({
  method: "POST",
  headers: { "content-type": "application/json", ...headers },
  body: typeof body === "string" ? body : JSON.stringify(body),
});

test("the three functions carry a run from its start to its notice, each in a process of its own", async (t) => {
  if (!needsLinux(t)) return;
  const folder = workFolder(t);
  writeFileSync(join(folder, "in/go"), "");
  const api = await startFunction(folder, "api");
  const poll = await startFunction(folder, "poll");
  const body = { pipeline: "waits", samples: ["s1"], input: join(folder, "in"), output: join(folder, "out") };
  const started = await getJson(`${api.url}/v1/runs`, sends(body));
  const id = String(started?.["run_id"]);
  assert.equal(started?.["status"], "planning", JSON.stringify(started));
  await until("the run ends", async () => {
    const pass = await getJson(poll.url, sends({}));
    assert.deepEqual(pass?.["errors"], []);
    return (await getJson(`${api.url}/v1/runs/${id}`))?.["completed_at"];
  });
  const run = await getJson(`${api.url}/v1/runs/${id}?jobs=false`);
  assert.equal(run?.["outcome"], "all_succeeded");
  await until("it is told", () => poll.printed().includes(`Run: ${id}`));
});

test("deliver sends what is due of the run that its event names, and acknowledges any other event", async (t) => {
  if (!needsLinux(t)) return;
  const folder = workFolder(t);
  const store = openSqliteStore({ path: join(folder, "bioagent/store.db") });
  const notices = [aNotice({ channel: "console", recipient: "console" })];
  await store.start(aStart({}, {}, { notices }));
  const deliver = await startFunction(folder, "deliver");
  const event = (document: string) =>
    fetch(deliver.url, sends({}, { "ce-type": CREATED, "ce-document": document }));
  assert.equal((await event("notices/nothing")).status, 204);
  assert.equal((await event("notices/2026-02-27_other_001~r1~run.completed~-~console~console")).status, 204);
  assert.equal((await fetch(deliver.url)).status, 405);
  assert.equal(deliver.printed().includes("Run: "), false);
  assert.equal((await event(`notices/${notices[0]!.id}`)).status, 204);
  await until("it is printed", () => deliver.printed().includes(`Run: ${notices[0]!.run_id}`));
  assert.deepEqual(
    (await store.queryNotices({ limit: 9 })).map(({ status }) => status),
    ["sent"],
  );
  await store.close();
});
const CREATED = "google.cloud.firestore.document.v1.created";

test("the framework parses no body before us: malformed JSON is a problem document and is printed nowhere", async (t) => {
  if (!needsLinux(t)) return;
  const folder = workFolder(t);
  const api = await startFunction(folder, "api");
  const answer = await fetch(`${api.url}/v1/runs`, sends("{private-words"));
  assert.equal(answer.status, 400);
  assert.match(answer.headers.get("content-type")!, /^application\/problem\+json/);
  assert.equal(/private-words|node_modules/.test((await answer.text()) + api.printed()), false);
  const long = await fetch(`${api.url}/v1/runs`, sends("[".repeat(11 * 2 ** 20)));
  assert.equal(long.status, 413);
  const text = await fetch(`${api.url}/v1/runs`, sends({}, { "content-type": "text/plain" }));
  assert.equal(text.status, 415);
  const forged = await fetch(
    `${api.url}/v1/runs`,
    sends({}, { "content-type": "text/plain", "x-bioagent-sent-content-type": "application/json" }),
  );
  assert.equal(forged.status, 415, "nobody chooses another type than the one that was sent");
});

test("a configuration that is wrong is told in the log, not to the caller, and the process lives", async (t) => {
  if (!needsLinux(t)) return;
  const folder = workFolder(t);
  writeFileSync(join(folder, "bioagent.yaml"), "store: mysql:secret-host\n");
  const api = await startFunction(folder, "api");
  const answer = await fetch(`${api.url}/v1/health`);
  assert.equal(answer.status, 500);
  assert.equal((await answer.text()).includes("secret-host"), false);
  assert.match(api.printed(), /expected sqlite:PATH or firestore/);
  writeFileSync(join(folder, "bioagent.yaml"), "executor: local\n");
  assert.equal((await fetch(`${api.url}/v1/health`)).status, 200, "mended without a restart");
});
