import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type RestServer, serveRest } from "../../../infra/batch-emulator/rest.ts";
import { minimalJob, scripted } from "./scripted.ts";

const PARENT = "projects/p/locations/us-central1";

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown> & { error?: { code: number; message: string; status: string } };
}

describe("REST", () => {
  const emulator = scripted();
  let server: RestServer;
  before(async () => {
    server = await serveRest({
      api: emulator.api,
      port: 0,
      extra: async (request, response) => {
        if (!request.url?.startsWith("/control/")) return false;
        response.end("mine");
        return true;
      },
    });
  });
  after(() => server.close());

  async function call(method: string, path: string, body?: unknown): Promise<Answer> {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    const answer = await fetch(`${server.url}${path}`, {
      method,
      ...(body === undefined ? {} : { body: text }),
    });
    return { status: answer.status, body: (await answer.json()) as Answer["body"] };
  }

  test("creates with the parameters in either spelling, in every version's path", async () => {
    for (const [version, query] of [
      ["v1", "jobId=r-1&requestId=7f1dd1c2-3f47-4c0c-9c0c-3d1f5a9f0b11"],
      ["v1", "job_id=r-2&alt=json&$alt=json;enum-encoding=int&key=k&prettyPrint=false"],
      ["v1alpha", "job_id=r-3"],
      ["v1beta", "jobId=r-4"],
    ]) {
      const { status, body } = await call("POST", `/${version}/${PARENT}/jobs?${query}`, minimalJob());
      assert.equal(status, 200);
      assert.match(String(body["name"]), /\/jobs\/r-\d$/);
    }
    const page = await call("GET", `/v1/${PARENT}/jobs?page_size=1&order_by=name`);
    assert.equal((page.body["jobs"] as unknown[]).length, 1);
    assert.ok(page.body["nextPageToken"]);
  });

  test("takes enums as numbers in the body", async () => {
    const job = minimalJob({ logsPolicy: { destination: 1 } });
    const { body } = await call("POST", `/v1/${PARENT}/jobs?jobId=ints`, job);
    assert.deepEqual(body["logsPolicy"], { destination: "CLOUD_LOGGING" });
  });

  test("answers an empty list with an empty object", async () => {
    const { status, body } = await call("GET", "/v1/projects/empty/locations/us-central1/jobs");
    assert.deepEqual([status, body], [200, {}]);
  });

  test("wraps errors in Google's envelope", async () => {
    const { status, body } = await call("GET", `/v1/${PARENT}/jobs/none`);
    assert.equal(status, 404);
    assert.equal(body.error?.code, 404);
    assert.equal(body.error?.status, "NOT_FOUND");
    assert.match(
      body.error?.message ?? "",
      /^Resource "projects\/\d+\/locations\/us-central1\/jobs\/none" was not found$/,
    );
  });

  test("names an unknown field with its place, as BadRequest", async () => {
    const job = { taskGroups: [{ x: 1 }] };
    const { status, body } = await call("POST", `/v1/${PARENT}/jobs?jobId=unknown`, job);
    assert.equal(status, 400);
    const description = `Invalid JSON payload received. Unknown name "x" at 'job.task_groups[0]': Cannot find field.`;
    assert.deepEqual(body.error, {
      code: 400,
      message: description,
      status: "INVALID_ARGUMENT",
      details: [
        {
          "@type": "type.googleapis.com/google.rpc.BadRequest",
          fieldViolations: [{ field: "job.task_groups[0]", description }],
        },
      ],
    });
  });

  test("shows where JSON is broken", async () => {
    const broken = await call("POST", `/v1/${PARENT}/jobs?jobId=broken`, '{"a": }');
    assert.equal(broken.status, 400);
    assert.equal(
      broken.body.error?.message,
      'Invalid JSON payload received. Expected a value.\n{"a": }\n      ^',
    );
    const cut = await call("POST", `/v1/${PARENT}/jobs?jobId=broken`, '{"a": 1');
    assert.match(
      cut.body.error?.message ?? "",
      /Unexpected end of string\. Expected , or \} after key:value pair\./,
    );
    const deep = await call("POST", `/v1/${PARENT}/jobs?jobId=broken`, `${"[".repeat(100_000)}x`);
    assert.match(deep.body.error?.message ?? "", /Message too deep/);
    const list = await call("POST", `/v1/${PARENT}/jobs?jobId=broken`, "[]");
    assert.match(list.body.error?.message ?? "", /Root element must be a message/);
  });

  test("refuses a body beyond the cap", async () => {
    const { status, body } = await call("POST", `/v1/${PARENT}/jobs?jobId=large`, " ".repeat(11_000_000));
    assert.equal(status, 400);
    assert.match(body.error?.message ?? "", /payload size exceeds the limit: 10485760 bytes/);
  });

  test("refuses unknown parameters and wrong ones", async () => {
    const unknown = await call("GET", `/v1/${PARENT}/jobs?pagesize=3`);
    assert.match(unknown.body.error?.message ?? "", /Unknown name "pagesize": Cannot bind query parameter/);
    const wrong = await call("GET", `/v1/${PARENT}/jobs?pageSize=many`);
    assert.equal(wrong.body.error?.message, `Invalid value at 'page_size' (TYPE_INT32), "many"`);
    const cancel = await call("POST", `/v1/${PARENT}/jobs/r-1:cancel`, { reason: "x" });
    assert.match(cancel.body.error?.message ?? "", /Unknown name "reason": Cannot find field/);
  });

  test("does not know other paths, methods and versions", async () => {
    for (const [method, path] of [
      ["GET", "/"],
      ["GET", "/v2/projects"],
      ["PUT", `/v1/${PARENT}/jobs/r-1`],
      ["GET", `/v1/${PARENT}/jobs/%zz`],
    ]) {
      const { status, body } = await call(method!, path!);
      assert.deepEqual([status, body.error?.status], [404, "NOT_FOUND"]);
    }
  });

  test("counts jobs by state", async () => {
    await call("POST", "/v1/projects/counted/locations/us-central1/jobs?jobId=counted", minimalJob());
    const { body } = await call(
      "GET",
      "/v1alpha/projects/counted/locations/us-central1/jobs:countByState?states=QUEUED",
    );
    assert.deepEqual(body, { jobCounts: { QUEUED: "1" } });
  });

  test("cancels with and without a body", async () => {
    await call("POST", `/v1/${PARENT}/jobs?jobId=cancel-bare`, minimalJob());
    const { status, body } = await call("POST", `/v1/${PARENT}/jobs/cancel-bare:cancel`);
    assert.equal(status, 200);
    assert.equal(body["done"], false);
  });

  test("hands other requests to whoever is mounted", async () => {
    const answer = await fetch(`${server.url}/control/x`);
    assert.equal(await answer.text(), "mine");
  });
});
