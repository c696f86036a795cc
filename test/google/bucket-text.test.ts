import assert from "node:assert/strict";
import { test } from "node:test";
import { openBucketText } from "../../src/google/bucket-text.ts";

/** Answers of a bucket with one object of this generation and text. */
function bucketOf(object: { generation: number; text: string }) {
  const asked: { url: string; token: string | null }[] = [];
  const answer = async (target: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const url = String(target);
    asked.push({ url, token: new Headers(init?.headers).get("authorization") });
    const unless = new URL(url).searchParams.get("ifGenerationNotMatch");
    if (!url.includes("/conf%2Fbioagent.yaml")) return new Response("", { status: 404 });
    if (unless === String(object.generation)) return new Response(null, { status: 304 });
    return new Response(object.text, { headers: { "x-goog-generation": String(object.generation) } });
  };
  return { asked, fetch: answer as typeof fetch };
}

const accessToken = async () => "ya29.secret";

test("a text is fetched again only when its generation has changed", async () => {
  const object = { generation: 7, text: "store: firestore\n" };
  const { asked, fetch } = bucketOf(object);
  const { read } = openBucketText({ accessToken, emulator: null, fetch });
  const uri = "gs://my-lab/conf/bioagent.yaml";
  assert.deepEqual([await read(uri), await read(uri)], [object.text, object.text]);
  assert.match(
    asked[0]!.url,
    /^https:\/\/storage\.googleapis\.com\/storage\/v1\/b\/my-lab\/o\/conf%2Fbioagent\.yaml\?alt=media$/,
  );
  assert.match(asked[1]!.url, /&ifGenerationNotMatch=7$/);
  assert.equal(asked[0]!.token, "Bearer ya29.secret");
  Object.assign(object, { generation: 8, text: "executor: local\n" });
  assert.equal(await read(uri), "executor: local\n");
});

test("an emulator is asked without a token, and folders are listed page by page", async () => {
  const urls: string[] = [];
  const pages = [
    { items: [{ name: "p/" }, { name: "p/qc.yaml" }], nextPageToken: "more" },
    { items: [{ name: "p/rnaseq.yaml" }] },
  ];
  const fetch = (async (url: string, init?: RequestInit) => {
    urls.push(url);
    assert.equal(new Headers(init?.headers).get("authorization"), null);
    return Response.json(pages[urls.length - 1]);
  }) as typeof globalThis.fetch;
  const { list } = openBucketText({ accessToken, emulator: "http://127.0.0.1:9199/", fetch });
  assert.deepEqual(await list("gs://my-lab/p"), ["qc.yaml", "rnaseq.yaml"]);
  assert.match(urls[0]!, /^http:\/\/127\.0\.0\.1:9199\/storage\/v1\/b\/my-lab\/o\?prefix=p%2F&delimiter=%2F/);
  assert.match(urls[1]!, /pageToken=more/);
});

test("what is not there, not allowed or no address is told, without the token", async () => {
  const told = async (status: number, uri = "gs://my-lab/a.yaml") => {
    const fetch = (async () => new Response("", { status })) as typeof globalThis.fetch;
    return openBucketText({ accessToken, emulator: null, fetch })
      .read(uri)
      .catch((error: Error & { code: string }) => {
        assert.equal(error.message.includes("ya29"), false);
        return [error.code, error.message];
      });
  };
  assert.deepEqual(await told(404), ["ENOENT", "gs://my-lab/a.yaml: there is no such file"]);
  assert.match((await told(403))[1]!, /roles\/storage\.objectViewer/);
  assert.equal((await told(200, "gs://my-lab/../other/a"))[0], "bad_uri");
  assert.equal((await told(200, "gs://X/a"))[0], "bad_uri");
});
