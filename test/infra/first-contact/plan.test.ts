import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { ASSERTIONS } from "../../../infra/first-contact/assertions/all.ts";
import { planContact } from "../../../infra/first-contact/plan.ts";
import { type ContactSettings, REAL_ENDPOINTS } from "../../../infra/first-contact/settings.ts";

const REAL: ContactSettings = {
  project: "curie-lab-1903",
  region: "us-central1",
  bucket: "curie-reads",
  topic: null,
  serviceAccount: null,
  network: "projects/curie-lab-1903/global/networks/inner",
  subnetwork: "projects/curie-lab-1903/regions/us-central1/subnetworks/low",
  mirror: "us-docker.pkg.dev/curie-lab-1903/quay",
  endpoints: REAL_ENDPOINTS,
};

test("all of it takes 15 minutes and a dollar at most, in some twenty jobs", () => {
  const plan = planContact(ASSERTIONS, REAL, null);
  assert.equal(plan.asked.length, ASSERTIONS.length);
  assert.ok(plan.dollars > 0 && plan.dollars < 1, String(plan.dollars));
  assert.ok(plan.minutes <= 15, String(plan.minutes));
  assert.ok(plan.probes.length <= 26, String(plan.probes.length));
});

test("ids are unique and fit for files, and every assertion says what would have to change", () => {
  const ids = ASSERTIONS.map(({ id }) => id);
  assert.equal(new Set(ids).size, ids.length);
  for (const { id, question, assumption, how, matters } of ASSERTIONS) {
    assert.match(id, /^[a-z][a-z0-9-]{2,40}$/);
    assert.match(question, /\?$/, id);
    assert.match(assumption, /\.$/, id);
    assert.match(how, /[.?A-Z]$/, id);
    assert.ok(matters.length > 0, id);
  }
});

test("probes have names that fit into a job's id", () => {
  for (const { name } of planContact(ASSERTIONS, REAL, null).probes)
    assert.match(name, /^[a-z][a-z0-9-]{2,20}$/);
});

test("a glob chooses questions, and only the jobs that they need", () => {
  const plan = planContact(ASSERTIONS, REAL, "cancel-*");
  assert.deepEqual(new Set(plan.asked.map(({ id }) => id.split("-")[0])), new Set(["cancel"]));
  assert.deepEqual(plan.probes.map(({ name }) => name).sort(), ["cancel-early", "cancelled"]);
});

test("without a bucket, what needs one is skipped and says so", () => {
  const { skipped } = planContact(ASSERTIONS, { ...REAL, bucket: null }, "mount-*");
  assert.ok(skipped.length >= 5);
  for (const { reason } of skipped) assert.match(reason, /--bucket/);
});

test("docs/first-contact.md has every question", () => {
  const file = new URL("../../../docs/first-contact.md", import.meta.url);
  const text = readFileSync(file, "utf8");
  const rows = ASSERTIONS.map(
    ({ id, question, assumption }) => `| \`${id}\` | ${question} | ${assumption.replaceAll("|", "\\|")} |`,
  );
  const table = `| name | question | what is assumed |\n| --- | --- | --- |\n${rows.join("\n")}\n`;
  const written = text.replace(/\| name \| question[\s\S]*?\n(?=\n|$)/, () => table);
  if (process.env["BIOAGENT_UPDATE_GOLDEN"] === "1") writeFileSync(file, written);
  assert.equal(readFileSync(file, "utf8"), written, "BIOAGENT_UPDATE_GOLDEN=1 writes its table anew");
});
