import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { openEmulator } from "../../../../infra/batch-emulator/emulator.ts";
import { type BatchClient, openBatchClient } from "../../../../src/executors/gcp_batch/batch-client.ts";
import { countCalls } from "../../../../src/executors/gcp_batch/call-counts.ts";
import { jobLists } from "../../../../src/executors/gcp_batch/job-lists.ts";
import { atEnd, clientOf, jobOf, lasting } from "./open.ts";

process.env["METADATA_SERVER_DETECTION"] = "none";

const LABELS = { "bioagent-store": "s1" };

/** An emulator with an open job, and the executor's own list of open jobs; `pages` are what the emulator answered. */
async function openWith(t: TestContext, rules: readonly object[]) {
  const scenario = { rules };
  const emulator = await openEmulator({ restPort: 0, grpcPort: 0, containers: "host", scenario });
  atEnd(t, () => emulator.close());
  const rest = clientOf(emulator.restPort);
  await rest.submit("open-one", jobOf([lasting(600)], {}, {}, { labels: LABELS }));
  const client = openBatchClient({
    project: "lab",
    emulator: `127.0.0.1:${emulator.grpcPort}`,
    counter: countCalls(),
  });
  const pages: Record<string, unknown>[] = [];
  const watched: BatchClient = {
    ...client,
    async list(request) {
      const page = await client.list(request);
      pages.push(...(page.jobs as Record<string, unknown>[]));
      return page;
    },
  };
  const parent = "projects/lab/locations/us-central1";
  return { rest, pages, lists: jobLists({ client: watched, parent, store: async () => "s1" }) };
}

const seen = async (lists: ReturnType<typeof jobLists>): Promise<unknown> =>
  (await lists.open()).jobs.map(({ id, labels, job }) => [
    id,
    labels["bioagent-store"],
    job.createTime !== undefined,
  ]);
const hasDefinition = (document: Record<string, unknown>): boolean =>
  ((document["taskGroups"] ?? []) as unknown[]).length > 0;

test("the executor's list of open jobs is answered without definitions, as its mask wants", async (t) => {
  const { lists, pages } = await openWith(t, []);
  assert.deepEqual(await seen(lists), [["open-one", "s1", true]]);
  assert.deepEqual(pages.map(hasDefinition), [false]);
});

test("a service that ignores masks answers with definitions, and the executor sees the same", async (t) => {
  const { lists, pages } = await openWith(t, [{ effect: { field_mask: "ignored" } }]);
  assert.deepEqual(await seen(lists), [["open-one", "s1", true]]);
  assert.deepEqual(pages.map(hasDefinition), [true]);
});

test("a service that refuses masks is asked again without, once for all, and calls without a mask are no match", async (t) => {
  const { rest, lists, pages } = await openWith(t, [{ name: "no", effect: { field_mask: "refused" } }]);
  assert.deepEqual(await seen(lists), [["open-one", "s1", true]]);
  assert.deepEqual(await seen(lists), [["open-one", "s1", true]]);
  assert.deepEqual(pages.map(hasDefinition), [true, true]);
  const { body } = await rest.call("GET", "/control/state");
  assert.deepEqual(body["rules"], [{ name: "no", matches: 1, hits: 1 }]);
});

test("it stands alone in its rule", async () => {
  const scenario = { rules: [{ effect: { field_mask: "ignored", slow: { for_ms: 1 } } }] };
  await assert.rejects(
    openEmulator({ restPort: 0, grpcPort: 0, scenario }),
    /rules\[0\]\.effect\.field_mask: stands alone/,
  );
});
