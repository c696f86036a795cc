import assert from "node:assert/strict";
import { test } from "node:test";
import { openApiClient } from "../../../src/cli/remote/api-client.ts";
import { openIdentity } from "../../../src/cli/remote/identity.ts";

interface Asked {
  readonly url: string;
  readonly headers: Record<string, string>;
}

/** A client whose requests are answered by these, in turn. */
function clientOf(answers: readonly (Response | Error)[]) {
  const asked: Asked[] = [];
  const left = [...answers];
  const client = openApiClient({
    url: "https://api.example.org/",
    identity: async () => "a.b.c",
    sleep: async () => {},
    fetch: async (url, init) => {
      asked.push({ url: String(url), headers: { ...(init?.headers as Record<string, string>) } });
      const next = left.shift();
      if (!next) throw new Error("one request too many");
      if (next instanceof Error) throw next;
      return next;
    },
  });
  return { client, asked };
}

const problem = (status: number, body: object, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify({ title: "x", status, ...body }), {
    status,
    headers: { "content-type": "application/problem+json", ...headers },
  });
const page = (status: number) => new Response("<html>", { status, headers: { "content-type": "text/html" } });
const unreachable = () =>
  new TypeError("fetch failed", { cause: Object.assign(new Error("x"), { code: "ECONNREFUSED" }) });

test("a request goes to the address with its token and query", async () => {
  const { client, asked } = clientOf([Response.json({ runs: [] })]);
  await client.get("/v1/runs", { limit: 5, status: ["failed", "running"], pipeline: undefined });
  assert.equal(asked[0]!.url, "https://api.example.org/v1/runs?limit=5&status=failed&status=running");
  assert.equal(asked[0]!.headers["authorization"], "Bearer a.b.c");
});

test("what passes is tried again: reads, and a post that carries a key; any other post is not", async () => {
  const ok = () => Response.json({ run_id: "r" });
  const read = clientOf([page(503), unreachable(), ok()]);
  assert.deepEqual(await read.client.get("/v1/runs/r"), { run_id: "r" });
  const keyed = clientOf([page(502), ok()]);
  await keyed.client.post("/v1/runs", {}, "key-1");
  assert.deepEqual(
    keyed.asked.map(({ headers }) => headers["idempotency-key"]),
    ["key-1", "key-1"],
  );
  const plain = clientOf([page(503), ok()]);
  await assert.rejects(plain.client.post("/v1/runs/r/retry", {}), /503/);
  assert.equal(plain.asked.length, 1);
});

test("the API's own problems are the use cases' errors", async () => {
  const rejected = (answer: Response) => clientOf([answer]).client.post("/v1/runs", {});
  const problems = [{ path: "samples", message: "none" }];
  await assert.rejects(rejected(problem(400, { detail: "1 problem", problems })), {
    name: "InvalidRequest",
    problems,
  });
  await assert.rejects(rejected(problem(404, { detail: "there is no run" })), { name: "NotFound" });
  await assert.rejects(rejected(problem(409, { detail: "has ended" })), {
    name: "Conflict",
    message: "has ended",
  });
  await assert.rejects(rejected(problem(429, { detail: "60 an hour" }, { "retry-after": "30" })), {
    name: "TooMany",
    afterSeconds: 30,
  });
});

test("what Cloud Run answers is said with what to do next, and no error shows the token", async () => {
  const said: [number, RegExp][] = [
    [401, /POST \/v1\/runs at api\.example\.org: the token is not accepted .*gcloud auth login/],
    [403, /roles\/run\.invoker/],
    [404, /BIOAGENT_URL is the address of the function api/],
    [429, /try again in a moment/],
    [500, /its log tells more/],
  ];
  for (const [status, words] of said) {
    await assert.rejects(clientOf([page(status)]).client.post("/v1/runs", {}), (error: Error) => {
      assert.match(error.message, words);
      assert.equal(error.message.includes("a.b.c"), false);
      return true;
    });
  }
  const gone = clientOf([unreachable(), unreachable(), unreachable()]);
  await assert.rejects(gone.client.get("/v1/runs"), /no connection \(ECONNREFUSED\); is BIOAGENT_URL right/);
});

test("a token is BIOAGENT_TOKEN, none on this machine, or the first way that gives one; else all reasons are told", async () => {
  const url = "https://api.example.org";
  const calls: string[] = [];
  const fails = async (audience: string): Promise<string> => {
    calls.push(audience);
    throw new Error("no service account\nsecret second line");
  };
  const gives = async () => "x.y.z";
  assert.equal(await openIdentity({ url, token: "given", ways: [fails] })(), "given");
  assert.equal(await openIdentity({ url: "http://127.0.0.1:8080", token: null, ways: [fails] })(), null);
  assert.deepEqual(calls, []);
  const identity = openIdentity({ url: `${url}/base`, token: null, ways: [fails, gives] });
  assert.deepEqual([await identity(), await identity()], ["x.y.z", "x.y.z"]);
  assert.deepEqual(calls, [url], "kept, and made for the service");
  await assert.rejects(
    openIdentity({ url, token: null, ways: [fails, fails] })(),
    /no identity token for api\.example\.org \(no service account; no service account\); log in with gcloud auth login/,
  );
});

test("a page with status 200 is said to be none of the API's", async () => {
  const { client } = clientOf([page(200), page(200)]);
  const says = /^AdapterError: api\.example\.org answered something that is no JSON; BIOAGENT_URL/;
  await assert.rejects(client.get("/v1/runs"), says);
  await assert.rejects(client.post("/v1/runs", {}), says);
});

test("an identity token is used for half an hour, but not beyond its own end", async (t) => {
  t.mock.timers.enable({ apis: ["Date"], now: 0 });
  const ends = [3600, 2400, 5400];
  const ways = [
    async () => `a.${Buffer.from(JSON.stringify({ exp: ends.shift() })).toString("base64url")}.c`,
  ];
  const identity = openIdentity({ url: "https://api.example.org", token: null, ways });
  const first = await identity();
  t.mock.timers.setTime(1799_000);
  assert.equal(await identity(), first);
  t.mock.timers.setTime(1801_000);
  const second = await identity();
  assert.notEqual(second, first);
  t.mock.timers.setTime(2341_000);
  assert.notEqual(await identity(), second);
});
