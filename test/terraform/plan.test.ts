import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { SETTINGS } from "../../src/config/list-settings.ts";
import { mergeEnvironment } from "../../src/config/merge-environment.ts";
import { Settings } from "../../src/config/schema.ts";
import { DEV, devPlan, PROJECT } from "./dev-plan.ts";
import { block, type Values } from "./planned.ts";
import { needsAnswers, ROOT } from "./workplace.ts";

const dev = devPlan("plan");
const { plan } = dev;
after(dev.remove);

interface Listed {
  readonly name: string;
  readonly trigger: string;
  readonly timeoutSeconds: number;
  readonly memory: string;
  readonly maxInstances: number;
  readonly concurrency: number;
  readonly document?: string;
  readonly schedule?: string;
}
const readJson = (path: string): unknown => JSON.parse(readFileSync(join(ROOT, path), "utf8"));
const FUNCTIONS = readJson("functions/functions.json") as Listed[];
const named = (trigger: string): Listed => FUNCTIONS.find((listed) => listed.trigger === trigger)!;

const functionNamed = (name: string): Values =>
  plan().one("google_cloudfunctions2_function", `module.function["${name}"]`);
const serviceOf = (name: string): Values => block(functionNamed(name), "service_config");
const environmentOf = (name: string) =>
  serviceOf(name)["environment_variables"] as Readonly<Record<string, string>>;

test("every function of functions.json is deployed as it says there, on Node 24, and no other is", (t) => {
  if (!needsAnswers(t)) return;
  assert.equal(plan().of("google_cloudfunctions2_function").length, FUNCTIONS.length);
  for (const listed of FUNCTIONS) {
    const service = serviceOf(listed.name);
    assert.equal(service["timeout_seconds"], listed.timeoutSeconds);
    assert.equal(service["available_memory"], listed.memory);
    assert.equal(service["max_instance_count"], listed.maxInstances);
    assert.equal(service["max_instance_request_concurrency"], listed.concurrency);
    assert.equal(
      service["service_account_email"],
      `bioagent-${listed.name}@${PROJECT}.iam.gserviceaccount.com`,
    );
    const build = block(functionNamed(listed.name), "build_config");
    assert.equal(build["runtime"], "nodejs24");
    assert.equal(build["entry_point"], listed.name);
    assert.match(String(build["service_account"]), /\/serviceAccounts\/bioagent-build@/);
  }
});

test("only the API can be reached from outside", (t) => {
  if (!needsAnswers(t)) return;
  for (const { name, trigger } of FUNCTIONS) {
    const open = serviceOf(name)["ingress_settings"] === "ALLOW_ALL";
    assert.equal(open, trigger === "http", name);
  }
});

/** What the framework reads: in production its own error pages hold no stack. */
const OF_THE_FRAMEWORK = { NODE_ENV: "production" };

test("every variable that a function gets is a setting of the program, with a value that it takes", (t) => {
  if (!needsAnswers(t)) return;
  const known = new Set([
    ...SETTINGS.flatMap(({ env }) => env ?? []),
    "BIOAGENT_CONFIG",
    ...Object.keys(OF_THE_FRAMEWORK),
  ]);
  for (const { name } of FUNCTIONS) {
    const variables = environmentOf(name);
    assert.deepEqual(
      Object.keys(variables).filter((variable) => !known.has(variable)),
      [],
      `${name} is told what nobody reads`,
    );
    assert.partialDeepStrictEqual(variables, OF_THE_FRAMEWORK);
    const settings = Settings.safeParse(mergeEnvironment({}, variables).value);
    assert.ok(settings.success, settings.error?.message);
    assert.equal(settings.data.store, "firestore");
    assert.equal(settings.data.executor, "gcp_batch");
    assert.equal(
      settings.data.gcp.topic,
      `projects/${PROJECT}/topics/${plan().one("google_pubsub_topic", ".main")["name"]}`,
    );
  }
});

test("no secret is in a function's environment or in a version made by Terraform", (t) => {
  if (!needsAnswers(t)) return;
  for (const { name } of FUNCTIONS) {
    assert.deepEqual(serviceOf(name)["secret_environment_variables"] ?? [], []);
    assert.deepEqual(serviceOf(name)["secret_volumes"] ?? [], []);
  }
  assert.deepEqual(plan().of("google_secret_manager_secret_version"), []);
});

test("a secret is made for every sm:// that the configuration uses, and for no comment", (t) => {
  if (!needsAnswers(t)) return;
  const secrets = plan()
    .of("google_secret_manager_secret")
    .map(({ values }) => values["secret_id"]);
  assert.deepEqual(secrets, ["lab-slack"]);
});

test("the schedule calls the poll with the token that the poll expects, and waits longer than a pass may take", (t) => {
  if (!needsAnswers(t)) return;
  const poll = named("schedule");
  const job = plan().one("google_cloud_scheduler_job");
  const token = block(job, "http_target", "oidc_token");
  assert.equal(job["schedule"], poll.schedule);
  assert.ok(Number.parseInt(String(job["attempt_deadline"]), 10) > poll.timeoutSeconds);
  assert.equal(token["audience"], environmentOf(poll.name)["BIOAGENT_AUDIENCE"]);
  assert.ok(invokersOf(poll.name).includes(String(token["service_account_email"])));
});

const invokersOf = (name: string): string[] => (environmentOf(name)["BIOAGENT_INVOKERS"] ?? "").split(",");

test("a push is not repeated while the poll still looks, is told to it only, and ends in a dead letter", (t) => {
  if (!needsAnswers(t)) return;
  const poll = named("schedule");
  const push = plan().one("google_pubsub_subscription", ".push");
  const token = block(push, "push_config", "oidc_token");
  assert.ok(Number(push["ack_deadline_seconds"]) > poll.timeoutSeconds);
  assert.equal(token["audience"], environmentOf(poll.name)["BIOAGENT_AUDIENCE"]);
  assert.equal(invokersOf(poll.name).length, 2);
  assert.ok(invokersOf(poll.name).includes(String(token["service_account_email"])));
  assert.equal(block(push, "dead_letter_policy")["max_delivery_attempts"], 5);
  for (const { values } of plan().of("google_pubsub_subscription")) {
    assert.equal(block(values, "expiration_policy")["ttl"], "", "a quiet month would delete it");
  }
});

test("the completion handler is told of notices that were made, in the one form there is", (t) => {
  if (!needsAnswers(t)) return;
  const deliver = named("firestore");
  const trigger = plan().one("google_eventarc_trigger");
  const database = plan().one("google_firestore_database");
  const criteria = (trigger["matching_criteria"] as Values[]).map(({ attribute, value }) => [
    attribute,
    value,
  ]);
  assert.deepEqual(Object.fromEntries(criteria), {
    type: "google.cloud.firestore.document.v1.created",
    database: database["name"],
    document: deliver.document,
  });
  assert.equal(trigger["event_data_content_type"], "application/protobuf");
  assert.equal(trigger["location"], database["location_id"]);
  assert.equal(block(trigger, "destination", "cloud_run_service")["service"], `bioagent-${deliver.name}`);
  assert.deepEqual(invokersOf(deliver.name), [trigger["service_account"]]);
});

test("buckets are closed, and the ledger's former versions are not paid for", (t) => {
  if (!needsAnswers(t)) return;
  const buckets = plan().of("google_storage_bucket");
  assert.equal(buckets.length, 5);
  for (const { values } of buckets) {
    assert.equal(values["uniform_bucket_level_access"], true);
    assert.equal(values["public_access_prevention"], "enforced");
  }
  const ledger = plan().one("google_storage_bucket", '"ledger"');
  assert.equal(block(ledger, "versioning")["enabled"], false);
  assert.equal(block(ledger, "soft_delete_policy")["retention_duration_seconds"], 0);
  assert.equal(block(plan().one("google_storage_bucket", '"code"'), "versioning")["enabled"], true);
});

test("VMs get Private Google Access and nothing lets anybody in", (t) => {
  if (!needsAnswers(t)) return;
  assert.equal(plan().one("google_compute_subnetwork")["private_ip_google_access"], true);
  assert.deepEqual(plan().of("google_compute_firewall"), []);
});

test("one alert is raised when the poll's line stays away, whatever revisions come and go", (t) => {
  if (!needsAnswers(t)) return;
  const policy = plan().one("google_monitoring_alert_policy");
  const condition = block(policy, "conditions", "condition_threshold");
  assert.equal(condition["evaluation_missing_data"], "EVALUATION_MISSING_DATA_ACTIVE");
  assert.equal(block(condition, "aggregations")["cross_series_reducer"], "REDUCE_SUM");
  const metric = plan().one("google_logging_metric");
  assert.match(String(metric["filter"]), /service_name="bioagent-poll"/);
  assert.match(String(metric["filter"]), /jsonPayload\.message="bioagent heartbeat"/);
  const channel = plan().one("google_monitoring_notification_channel");
  assert.deepEqual(channel["labels"], { email_address: "ada@lab.org" });
});

test("what was applied needs no change", (t) => {
  if (!needsAnswers(t)) return;
  plan();
  dev.place().succeed(DEV, "apply", "-input=false", "plan");
  const again = dev.place().run(DEV, "plan", "-input=false", "-detailed-exitcode", ...dev.variables());
  assert.equal(again.status, 0, again.stdout + again.stderr);
});
