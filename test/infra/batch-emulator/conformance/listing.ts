import assert from "node:assert/strict";
import { test } from "node:test";
import type { Bench } from "../conformance.ts";
import { minimalJob } from "../scripted.ts";

/** Jobs a1 a2 ... in a project of their own. */
async function several(bench: Bench, project: string, ids: readonly string[]): Promise<string> {
  const parent = `projects/${project}/locations/europe-west1`;
  for (const jobId of ids)
    await bench.client.createJob({ parent, jobId, job: minimalJob({ labels: { id: jobId } }) });
  return parent;
}

/** Names at the end, over all pages. */
async function listed(bench: Bench, request: object): Promise<string[]> {
  const ids: string[] = [];
  for await (const job of bench.client.listJobsAsync(request, { autoPaginate: false })) {
    ids.push(job.name!.split("/").at(-1)!);
  }
  return ids;
}

export function listing(bench: Bench): void {
  test("a list goes over its pages by itself, each job once", async () => {
    const ids = ["pg-1", "pg-2", "pg-3", "pg-4", "pg-5", "pg-6", "pg-7"];
    const parent = await several(bench, "paged", ids);
    assert.deepEqual(await listed(bench, { parent, pageSize: 3 }), ids);
    assert.deepEqual(await listed(bench, { parent, pageSize: 3, orderBy: "name desc" }), ids.toReversed());
  });

  test("a page token holds for its own page size, filter and parent only", async () => {
    const parent = await several(bench, "tokens", ["tok-1", "tok-2", "tok-3"]);
    const page = (request: object) => bench.client.listJobs({ parent, ...request }, { autoPaginate: false });
    const [, next] = await page({ pageSize: 1 });
    const pageToken = next!.pageToken!;
    const size = await bench.failure(page({ pageSize: 2, pageToken }));
    assert.equal(size.code, bench.mode.codes.invalid);
    assert.match(size.message, /request page size \(2\) != token page size \(1\)/);
    const filter = await bench.failure(page({ pageSize: 1, pageToken, filter: 'name="x"' }));
    assert.match(filter.message, /page_token field is invalid/);
    const foreign = await bench.failure(page({ pageSize: 1, pageToken: "abc" }));
    assert.match(foreign.message, /page_token field is invalid/);
  });

  test("a list is filtered by state, label, name and creation", async () => {
    const parent = await several(bench, "filtered", ["fil-1", "fil-2", "fil-3"]);
    bench.emulator.move("fil-2", "RUNNING");
    assert.deepEqual(await listed(bench, { parent, filter: 'status.state="RUNNING"' }), ["fil-2"]);
    assert.deepEqual(await listed(bench, { parent, filter: 'labels."id" = "fil-3"' }), ["fil-3"]);
    assert.deepEqual(await listed(bench, { parent, filter: `name="${parent}/jobs/fil-1"` }), ["fil-1"]);
    assert.deepEqual(
      await listed(bench, { parent, filter: 'createTime >= "2100-01-01T00:00:00+00:00"' }),
      [],
    );
    const failure = await bench.failure(listed(bench, { parent, filter: "status.state=NOPE" }));
    assert.equal(failure.code, bench.mode.codes.invalid);
  });

  test("location - lists all locations of the project and of no other", async () => {
    const project = "everywhere";
    await several(bench, project, ["ev-1"]);
    const parent = `projects/${project}/locations/us-east1`;
    await bench.client.createJob({ parent, jobId: "ev-2", job: minimalJob() });
    assert.deepEqual(await listed(bench, { parent: `projects/${project}/locations/-` }), ["ev-1", "ev-2"]);
    assert.deepEqual(await listed(bench, { parent }), ["ev-2"]);
  });

  test("locations are listed and found", async () => {
    const ids: string[] = [];
    for await (const location of bench.client.listLocationsAsync(
      { name: "projects/p" },
      { autoPaginate: false },
    )) {
      ids.push(location.locationId!);
    }
    assert.ok(ids.includes("us-central1") && ids.includes("europe-west4"));
    const found: unknown = await bench.client.getLocation({ name: "projects/p/locations/us-east4" });
    // Its types promise the location alone; it gives an array as all other calls do.
    const [location] = found as [{ locationId: string }];
    assert.equal(location.locationId, "us-east4");
  });
}
