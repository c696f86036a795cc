import assert from "node:assert/strict";
import { test } from "node:test";
import { openGithubPr } from "../../../src/channels/github_pr/channel.ts";
import { GithubPrConfig } from "../../../src/channels/github_pr/config.ts";
import type { GuardedFetch } from "../../../src/channels/guarded-fetch.ts";
import { message } from "../notice-stories.ts";
import { openOn, QUICK } from "./rig.ts";

const SECRET = "github_pat_s3cr3tT0kenOfTheLab00";
const server = { apiUrl: "https://github.lab.example/api/v3/", token: SECRET };
const told = message("run.started");

test("an enterprise server is asked under its own path, with the token and GitHub's version", async () => {
  const seen: { url: string; headers: Record<string, string>; method: string }[] = [];
  const fetch: GuardedFetch = async (url, init = {}) => {
    seen.push({
      url: String(url),
      headers: init.headers as Record<string, string>,
      method: init.method ?? "",
    });
    return new Response("{}", { status: 401, headers: { "content-type": "application/json" } });
  };
  await openOn(server, { fetch }).deliver(told, "results");
  assert.equal(seen.length, 1);
  assert.match(seen[0]!.url, /^https:\/\/github\.lab\.example\/api\/v3\/repos\/lab\/results\/pulls\?/);
  assert.equal(seen[0]!.headers["authorization"], `token ${SECRET}`);
  assert.equal(seen[0]!.headers["x-github-api-version"], "2022-11-28");
  assert.match(seen[0]!.headers["user-agent"]!, /^bioagent /);
});

test("a fetch that hangs, or puts the token into its error, neither hangs nor tells", async () => {
  for (const fetch of [
    () => new Promise<Response>(() => {}),
    () => Promise.reject(new Error(`authorization: token ${SECRET}`)),
    () => Promise.reject(Object.assign(new Error(SECRET), { code: SECRET })),
    async () => Response.json({ message: `bad ${SECRET}` }, { status: 403 }),
  ]) {
    const channel = openOn(server, { fetch, times: { timeoutMilliseconds: 30 } });
    const delivery = await channel.deliver(told, "results");
    assert.notEqual(delivery.kind, "delivered");
    assert.doesNotMatch(JSON.stringify(delivery), /s3cr3t/);
  }
});

test("a token with a line end is sent without it", async () => {
  let sent = "";
  const fetch: GuardedFetch = async (_url, init = {}) => {
    sent = (init.headers as Record<string, string>)["authorization"]!;
    return new Response("", { status: 500 });
  };
  await openOn({ ...server, token: `${SECRET}\n` }, { fetch }).deliver(told, "results");
  assert.equal(sent, `token ${SECRET}`);
});

test("the whole delivery has a time limit, however quick each answer is", async () => {
  let asked = 0;
  const fetch: GuardedFetch = async () => {
    asked += 1;
    await new Promise((resolve) => setTimeout(resolve, 20));
    return Response.json([]);
  };
  const channel = openOn(server, { fetch, times: { limitMilliseconds: 10 } });
  const delivery = await channel.deliver(told, "results");
  assert.partialDeepStrictEqual(delivery, { kind: "rejected" });
  assert.equal(asked, 1);
});

test("a run that cannot be read is tried again, and the store's words are not repeated", async () => {
  const fetch = async () => Response.json([]);
  for (const view of [
    async () => Promise.reject(new Error("secret place")),
    () => new Promise<null>(() => {}),
  ]) {
    const channel = openOn(server, { fetch, times: { limitMilliseconds: 60 } });
    const delivery = await channel.deliver({ ...told, view }, "results");
    assert.partialDeepStrictEqual(delivery, { kind: "rejected", after_seconds: null });
    assert.match(JSON.stringify(delivery), /could not be read from the store/);
    assert.doesNotMatch(JSON.stringify(delivery), /secret place/);
  }
});

test("without the permission, an http or private address is refused, and nothing is sent", async () => {
  for (const api_url of ["http://127.0.0.1:9", "https://127.0.0.1:9", "https://[::1]:9/api/v3"]) {
    const config = GithubPrConfig.parse({ kind: "github_pr", repo: "lab/results", token: SECRET, api_url });
    const channel = openGithubPr("results", config, { write: () => {}, allowPrivateUrls: false }, QUICK);
    const delivery = await channel.deliver(told, "results");
    assert.partialDeepStrictEqual(delivery, { kind: "permanent", disable: true });
    assert.match(JSON.stringify(delivery), /api_url of channel results is refused/);
  }
});

test("writes keep their distance, reads do not wait", async () => {
  const at: number[] = [];
  const sha = "0".repeat(40);
  const fetch: GuardedFetch = async (url, init = {}) => {
    const path = String(url);
    if (init.method !== "GET") at.push(performance.now());
    if (path.includes("/pulls")) return Response.json(init.method === "GET" ? [] : {});
    if (/heads%2Fresults/.test(path)) return Response.json({ message: "Not Found" }, { status: 404 });
    if (path.includes("/contents/")) return Response.json({ message: "Not Found" }, { status: 404 });
    return Response.json({ sha, tree: { sha }, object: { sha } });
  };
  await openOn(server, { fetch, times: { writeGapMilliseconds: 40 } }).deliver(told, "results");
  assert.equal(at.length, 4);
  for (let n = 1; n < at.length; n++) assert.ok(at[n]! - at[n - 1]! >= 38, `${at[n]! - at[n - 1]!} ms`);
});
