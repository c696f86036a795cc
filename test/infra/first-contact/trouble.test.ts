import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { cleanUp } from "../../../infra/first-contact/first-contact.ts";
import { LABEL } from "../../../infra/first-contact/settings.ts";
import { contact, type Lab, onlyLeft, openLab, openLiar, PROJECT, settingsFor } from "./lab.ts";

let lab: Lab;
before(async () => {
  lab = await openLab();
});
after(() => lab.close());

const refusal = (code: number, status: string, message: string, details: unknown[] = []) => ({
  status: code,
  body: { error: { code, status, message, details } },
});

const TROUBLES: readonly (readonly [string, ReturnType<typeof refusal>, RegExp])[] = [
  [
    "no credentials",
    refusal(401, "UNAUTHENTICATED", "Request had invalid authentication credentials."),
    /gcloud auth application-default login/,
  ],
  [
    "an API that is not enabled",
    refusal(403, "PERMISSION_DENIED", "Batch API has not been used in project 1 before or it is disabled.", [
      { reason: "SERVICE_DISABLED" },
    ]),
    /gcloud services enable batch\.googleapis\.com/,
  ],
  [
    "billing that is off",
    refusal(403, "PERMISSION_DENIED", "This API method requires billing to be enabled.", [
      { reason: "BILLING_DISABLED" },
    ]),
    /gcloud billing projects link/,
  ],
  [
    "a missing role",
    refusal(403, "PERMISSION_DENIED", "Permission 'batch.jobs.list' denied"),
    /roles\/batch\.jobsEditor/,
  ],
  ["a project that is not there", refusal(404, "NOT_FOUND", "not found"), /spelling/],
];

for (const [what, answer, remedy] of TROUBLES) {
  test(`${what} is told once, with the remedy, before anything is made`, async (t) => {
    const liar = await openLiar(lab.urls.batch, () => answer);
    t.after(() => liar.close());
    await assert.rejects(contact(settingsFor({ ...lab.urls, batch: liar.url })), remedy);
    await onlyLeft(lab);
  });
}

test("an account that jobs may not run as is told once, and nothing is left", async (t) => {
  const denied = refusal(
    403,
    "PERMISSION_DENIED",
    "caller does not have access to act as service account jobs@x.iam",
  );
  const liar = await openLiar(lab.urls.batch, ({ method, path }) =>
    method === "POST" && /\/jobs\?/.test(path) ? denied : null,
  );
  t.after(() => liar.close());
  await assert.rejects(
    contact(settingsFor({ ...lab.urls, batch: liar.url })),
    /iam\.serviceAccountUser.*--service-account/s,
  );
  const topics = await fetch(`${lab.urls.pubsub}/v1/projects/${PROJECT}/topics`);
  assert.deepEqual(await topics.json(), { topics: [] });
});

test("a bucket that is not there is told before anything is made", async () => {
  const settings = { ...lab.settings, bucket: "no-such-bucket-here" };
  await assert.rejects(contact(settings), /the bucket no-such-bucket-here was refused/);
});

test("a service that answers otherwise is a no that names what to change", async (t) => {
  const liar = await openLiar(lab.urls.batch, ({ method, body }) =>
    method === "POST" && body.includes("bioagentNoSuchField")
      ? { pass: body.replace('"bioagentNoSuchField":true,', "") }
      : null,
  );
  t.after(() => liar.close());
  const { verdicts } = await contact(settingsFor({ ...lab.urls, batch: liar.url }), {
    only: "create-unknown-*",
  });
  assert.deepEqual(
    verdicts.map(({ assertion, holds }) => [assertion.id, holds]),
    [
      ["create-unknown-field", "no"],
      ["create-unknown-enum", "yes"],
    ],
  );
  assert.ok(verdicts[0]!.assertion.matters.length > 0);
  await onlyLeft(lab);
});

test("another code than the assumed one is a no", async (t) => {
  const liar = await openLiar(lab.urls.batch, ({ method }) =>
    method === "GET" ? { edit: (text) => text.replaceAll("50005", "50007") } : null,
  );
  t.after(() => liar.close());
  const settings = settingsFor({ ...lab.urls, batch: liar.url });
  const { verdicts } = await contact(settings, { only: "exit-task-timeout" });
  assert.deepEqual(
    verdicts.map(({ holds }) => holds),
    ["no"],
  );
  assert.match(verdicts[0]!.saw, /exit code 50007/);
});

test("stopped in the middle, it deletes what it made", async () => {
  const stop = new AbortController();
  const { verdicts, stopped } = await contact(lab.settings, {
    only: "cancel-running",
    signal: stop.signal,
    say: (line) => {
      if (line === "cancelled: created") stop.abort();
    },
  });
  assert.equal(stopped, true);
  assert.deepEqual(
    verdicts.map(({ holds, saw }) => [holds, saw]),
    [["unclear", "stopped before it was answered"]],
  );
  await onlyLeft(lab);
});

test("what has no end within the time stays unclear and is deleted", async (t) => {
  // Whoever reads the job learns that it still waits.
  const waiting = { status: 200, body: { status: { state: "QUEUED" } } };
  const liar = await openLiar(lab.urls.batch, ({ method, path }) =>
    method === "GET" && /\/jobs\/[^/]*success$/.test(path) ? waiting : null,
  );
  t.after(() => liar.close());
  const settings = settingsFor({ ...lab.urls, batch: liar.url });
  const { verdicts } = await contact(settings, { only: "job-run-duration", minutes: 0.02 });
  assert.deepEqual(
    verdicts.map(({ holds }) => holds),
    ["unclear"],
  );
  assert.match(verdicts[0]!.saw, /the time was up: QUEUED/);
  await onlyLeft(lab);
});

test("leftovers of earlier runs are found by their label, and others' jobs are not touched", async () => {
  const jobs = `${lab.urls.batch}/v1/projects/${PROJECT}/locations/us-central1/jobs`;
  const create = (id: string, labels: Record<string, string>) =>
    fetch(`${jobs}?jobId=${id}`, {
      method: "POST",
      body: JSON.stringify({
        labels,
        taskGroups: [{ taskSpec: { runnables: [{ script: { text: "sleep 60" } }] } }],
      }),
    });
  await create("somebody-elses", { [`${LABEL}-not`]: "x" });
  await create("left-behind", { [LABEL]: "abc123" });
  await fetch(`${lab.urls.pubsub}/v1/projects/${PROJECT}/topics/left`, {
    method: "PUT",
    body: JSON.stringify({ labels: { [LABEL]: "abc123" } }),
  });
  const swept = await cleanUp(lab.settings, async () => ({}), AbortSignal.timeout(10_000));
  assert.deepEqual(swept, { jobs: 1, others: 1, left: [] });
  await onlyLeft(lab, "somebody-elses");
  assert.equal((await lab.jobs()).length, 1);
  await fetch(`${jobs}/somebody-elses`, { method: "DELETE" });
});
