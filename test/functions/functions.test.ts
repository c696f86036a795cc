import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { getFunction } from "@google-cloud/functions-framework/testing";
import { FUNCTIONS } from "../../functions/index.ts";
import { DELIVER_SECONDS } from "../../src/http/deliver-handler.ts";
import { POLL_SECONDS } from "../../src/http/poll.ts";
import { needsLinux, workFolder } from "../http/child-server.ts";
import { carriesRun, deliversDue, ROOT, type Served, sends, serveFunction } from "./serve-function.ts";

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
const startFunction = (folder: string, target: string): Promise<Served> =>
  serveFunction(folder, {
    packages: ROOT,
    source: join(ROOT, "functions/index.ts"),
    flags: ["--target", target],
  });

test("the three functions carry a run from its start to its notice, each in a process of its own", async (t) => {
  if (!needsLinux(t)) return;
  const folder = workFolder(t);
  const api = await startFunction(folder, "api");
  const poll = await startFunction(folder, "poll");
  await carriesRun(folder, { api, poll });
});

test("deliver sends what is due of the run that its event names, and acknowledges any other event", async (t) => {
  if (!needsLinux(t)) return;
  const folder = workFolder(t);
  await deliversDue(folder, async () => {
    const deliver = await startFunction(folder, "deliver");
    const tell = (document: string) =>
      fetch(deliver.url, sends({}, { "ce-type": CREATED, "ce-document": document }));
    assert.equal((await tell("notices/nothing")).status, 204);
    assert.equal((await fetch(deliver.url)).status, 405);
    return { deliver, tell };
  });
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
