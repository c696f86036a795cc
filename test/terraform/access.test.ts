import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import type { Run } from "../../src/core/run.ts";
import type { ObjectFact } from "../../src/files/gcs/bucket-client.ts";
import { prepareBucket } from "../../src/files/gcs/prepare-bucket.ts";
import { manifestPath } from "../../src/files/manifest.ts";
import { manifestPlace } from "../../src/ledger/places.ts";
import { devPlan, PROJECT } from "./dev-plan.ts";
import { block, type Grant, grantsOf } from "./planned.ts";
import { needsAnswers, ROOT } from "./workplace.ts";

const dev = devPlan("access");
after(dev.remove);

const grants = (): Grant[] => grantsOf(dev.plan(), "bioagent");
const rightsOf = (who: string): Grant[] => grants().filter((grant) => grant.who === who);

test("nobody gets a basic role, and nobody may act as every account of the project", (t) => {
  if (!needsAnswers(t)) return;
  for (const { address, role, on } of grants()) {
    assert.doesNotMatch(role, /^(owner|editor|viewer)$|admin$/i, address);
    if (on === "project")
      assert.doesNotMatch(role, /^iam\.|secretAccessor|objectUser|publisher|invoker/, address);
  }
});

test("nothing is given to everybody", (t) => {
  if (!needsAnswers(t)) return;
  for (const { address, who } of grants()) assert.doesNotMatch(who, /^all(Authenticated)?Users$/, address);
});

test("the poll alone may act as somebody, and only as the job account", (t) => {
  if (!needsAnswers(t)) return;
  const acting = grants().filter(({ role }) => role === "iam.serviceAccountUser");
  assert.deepEqual(
    acting.map(({ who, resource }) => [who, resource]),
    [["poll", `projects/${PROJECT}/serviceAccounts/bioagent-job@${PROJECT}.iam.gserviceaccount.com`]],
  );
});

test("each function has an account of its own, and no other runs as it", (t) => {
  if (!needsAnswers(t)) return;
  const accounts = dev
    .plan()
    .of("google_service_account")
    .map(({ values }) => values["account_id"]);
  assert.equal(new Set(accounts).size, accounts.length);
  const used = dev
    .plan()
    .of("google_cloudfunctions2_function")
    .map(({ values }) => String(block(values, "service_config")["service_account_email"]))
    .map((email) => /^bioagent-([a-z]+)@/.exec(email)?.[1]);
  assert.deepEqual(used.sort(), ["api", "deliver", "poll"]);
});

test("the poll is called by schedule and push, the completion handler by its trigger, the API by its users", (t) => {
  if (!needsAnswers(t)) return;
  const callers = grants()
    .filter(({ role }) => role === "run.invoker")
    .map(({ resource, who }) => `${resource} ${who}`);
  assert.deepEqual(callers.sort(), [
    "bioagent-api user:ada@lab.org",
    "bioagent-deliver trigger",
    "bioagent-poll push",
    "bioagent-poll scheduler",
  ]);
});

test("whoever reaches Firestore reaches this database only", (t) => {
  if (!needsAnswers(t)) return;
  const users = grants().filter(({ role }) => role.startsWith("datastore."));
  assert.deepEqual(users.map(({ who }) => who).sort(), ["api", "deliver", "poll"]);
  for (const { condition } of users) {
    assert.equal(condition, `resource.name == "projects/${PROJECT}/databases/bioagent"`);
  }
});

test("a job reads inputs, writes results, reports to Batch, and can do no more", (t) => {
  if (!needsAnswers(t)) return;
  assert.deepEqual(
    rightsOf("job")
      .map(({ role, resource }) => `${role} ${resource}`)
      .sort(),
    [
      "artifactregistry.reader bioagent-docker-io",
      "artifactregistry.reader bioagent-quay-io",
      `batch.agentReporter ${PROJECT}`,
      `logging.logWriter ${PROJECT}`,
      "pubsub.publisher bioagent-batch",
      "storage.objectUser bioagent-my-lab-123-results",
      "storage.objectViewer bioagent-my-lab-123-inputs",
    ],
  );
});

test("no function may change or delete a result or a pipeline; the API tries folders, the poll keeps manifests", (t) => {
  if (!needsAnswers(t)) return;
  const changing = grants().filter(
    ({ who, role, resource }) =>
      ["api", "poll", "deliver"].includes(who) &&
      /results|config|inputs/.test(resource) &&
      !/^storage\.object(Viewer|Creator)$/.test(role),
  );
  assert.deepEqual(
    changing.map(({ who, resource, condition }) => [who, resource, condition]),
    [
      ["api", `bioagent-${PROJECT}-results`, 'resource.name.extract("/.bioagent-probe-{id}") != ""'],
      [
        "poll",
        `bioagent-${PROJECT}-results`,
        'resource.name.extract("/.bioagent/{path}") != "" || resource.name.endsWith("/job_manifest.json") || resource.name.endsWith("/run_manifest.json")',
      ],
    ],
  );
  const creating = grants().filter(({ role }) => role === "storage.objectCreator");
  assert.deepEqual(
    creating.map(({ who, resource }) => [who, resource]),
    [["poll", `bioagent-${PROJECT}-results`]],
  );
});

test("what the program writes into an output folder has the names that those rights are for", async () => {
  const output = "gs://results/2026-02-27_rnaseq_001/";
  const written: string[] = [];
  const write = async ({ name }: { name: string }) => {
    written.push(`/${name}`);
    return { generation: "1" } as ObjectFact;
  };
  assert.equal(await prepareBucket({ write, remove: async () => {} }, output), null);
  assert.match(written[0]!, /\/\.bioagent-probe-[^/]+$/);
  assert.match(`/${manifestPath("fastqc-a", 0)}`, /^\/\.bioagent\//);
  assert.match(manifestPlace({ config: { output } } as Run), /\/job_manifest\.json$/);
});

test("a channel's secret is read by those that tell people, one by one", (t) => {
  if (!needsAnswers(t)) return;
  const readers = grants().filter(({ role }) => role.startsWith("secretmanager."));
  assert.deepEqual(readers.map(({ who, on, resource }) => `${who} ${on} ${resource}`).sort(), [
    "deliver secret lab-slack",
    "poll secret lab-slack",
  ]);
});

test("the table in terraform/README.md names every right that is given, and no other", (t) => {
  if (!needsAnswers(t)) return;
  const text = readFileSync(join(ROOT, "terraform/README.md"), "utf8");
  const rows = [
    ...text.matchAll(/^\| (`[a-z]+`|[A-Z][^|]*) \| `([a-zA-Z.]+)` \| ([a-z]+)[^|]* \| [^|]{10,} \|$/gm),
  ];
  const told = rows.map(([, who, role, on]) => `${who!.replaceAll("`", "")} ${role} ${on}`);
  const given = grants().map(({ who, role, on }) => {
    const people = who.startsWith("user:") ? "Users" : who.startsWith("group:") ? "Authors" : who;
    return `${people} ${role} ${on}`;
  });
  assert.deepEqual([...new Set(told)].sort(), [...new Set(given)].sort());
});
