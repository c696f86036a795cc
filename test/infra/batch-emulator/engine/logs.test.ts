import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { openEmulator } from "../../../../infra/batch-emulator/emulator.ts";
import { atEnd, type Client, clientOf, jobOf, newFolder, open, PARENT, script, until } from "./open.ts";

interface Entry {
  readonly textPayload: string;
  readonly severity: string;
  readonly logName: string;
  readonly timestamp: string;
  readonly labels: Record<string, string>;
}

test("what tasks print is found in Cloud Logging's form by the job's uid, page by page", async (t) => {
  const batch = await open(t);
  const { uid } = await batch.submit("talks", jobOf([script("echo one; echo two >&2; echo three")]));
  await batch.submit("other", jobOf([script("echo elsewhere")]));
  await batch.ends("talks");
  await batch.ends("other");
  const list = async (filter: string, more: object = {}) => {
    const { status, body } = await batch.call("POST", "/v2/entries:list?alt=json", {
      resourceNames: ["projects/lab"],
      filter,
      ...more,
    });
    assert.equal(status, 200, JSON.stringify(body));
    return { entries: (body["entries"] ?? []) as Entry[], next: body["nextPageToken"] };
  };
  const ours = `logName="projects/lab/logs/batch_task_logs" AND labels.job_uid="${uid}"`;
  const { entries } = await list(`timestamp>="2020-01-01T00:00:00Z" AND ${ours}`);
  assert.deepEqual(entries.map(({ textPayload }) => textPayload).toSorted(), ["one", "three", "two"]);
  assert.equal(entries.find(({ textPayload }) => textPayload === "two")!.severity, "ERROR");
  assert.equal(entries[0]!.labels["task_id"], `${uid}-group0-0`);
  assert.deepEqual(
    (await list(`${ours} severity>=ERROR`)).entries.map(({ textPayload }) => textPayload),
    ["two"],
  );
  assert.equal((await list(`resource.labels.job_id="${uid}" AND NOT logName:agent`)).entries.length, 3);
  assert.equal(
    (await list(`resource.type="batch.googleapis.com/Job" (textPayload=one OR textPayload="elsewhere")`))
      .entries.length,
    2,
  );
  const first = await list(ours, { pageSize: 2, orderBy: "timestamp desc" });
  const second = await list(ours, { pageSize: 2, orderBy: "timestamp desc", pageToken: first.next });
  assert.deepEqual([first.entries.length, second.entries.length, second.next], [2, 1, undefined]);
  const wrong = await batch.call("POST", "/v2/entries:list", {
    resourceNames: ["projects/lab"],
    filter: "(((",
  });
  assert.equal(wrong.status, 400);
});

test("a job that does not log to the cloud is not found there", async (t) => {
  const batch = await open(t);
  const job = jobOf([script("echo quiet")]);
  await batch.submit("quiet", { taskGroups: job.taskGroups });
  await batch.ends("quiet");
  const { body } = await batch.call("POST", "/v2/entries:list", { resourceNames: ["projects/lab"] });
  assert.deepEqual(body, {});
  assert.deepEqual(await batch.printed("quiet"), ["quiet"]);
});

test("the log of a job that was deleted stays, also over a restart", async (t) => {
  const state = join(await newFolder(t), "state.json");
  const first = await openEmulator({ restPort: 0, grpcPort: 0, statePath: state });
  atEnd(t, () => first.close());
  const batch = clientOf(first.restPort);
  const { uid } = await batch.submit("talks", jobOf([script("echo kept")]));
  await batch.ends("talks");
  assert.equal((await batch.call("DELETE", `/v1/${PARENT}/jobs/talks`)).status, 200);
  await until("it is deleted", async () =>
    (await batch.call("GET", `/v1/${PARENT}/jobs/talks`)).status === 404 ? true : null,
  );
  const kept = async (client: Client, project: string) => {
    const request = {
      resourceNames: [`projects/${project}`],
      filter: `labels.job_uid="${uid}" NOT logName:agent`,
    };
    const { body } = await client.call("POST", "/v2/entries:list", request);
    return ((body["entries"] ?? []) as Entry[]).map(({ textPayload }) => textPayload);
  };
  assert.deepEqual([await kept(batch, "lab"), await kept(batch, "other")], [["kept"], []]);
  await first.close();
  assert.deepEqual(await kept(await open(t, { statePath: state }), "lab"), ["kept"]);
});
