import assert from "node:assert/strict";
import { test } from "node:test";
import { anonymized, type Identities } from "../../../infra/first-contact/anonymize.ts";

const WHO: Identities = {
  project: "curie-lab-1903",
  projectNumber: "987654321098",
  bucket: "curie-reads",
  network: "projects/curie-lab-1903/global/networks/inner",
  subnetwork: "projects/curie-lab-1903/regions/us-central1/subnetworks/low",
  mirror: "us-docker.pkg.dev/curie-lab-1903/quay",
};

const ROWS: readonly (readonly [string, string, string])[] = [
  ["a project's id", "projects/curie-lab-1903/jobs/a", "projects/my-project/jobs/a"],
  ["its number", "projects/987654321098/locations/l", "projects/123456789012/locations/l"],
  ["its number alone", "consumer 987654321098 has no quota", "consumer 123456789012 has no quota"],
  ["another project's number", "projects/1112223334445/topics/t", "projects/123456789012/topics/t"],
  ["an account", "987654321098-compute@developer.gserviceaccount.com", "someone@example.com"],
  ["a person", "by marie.curie@lab.example.org.", "by someone@example.com."],
  ["a bucket", "gs://curie-reads/in/x", "gs://my-bucket/in/x"],
  ["a network", "projects/curie-lab-1903/global/networks/inner", "my-network"],
  [
    "a mirror",
    "us-docker.pkg.dev/curie-lab-1903/quay/busybox",
    "us-docker.pkg.dev/my-project/mirror/busybox",
  ],
  ["an address", "connect 10.128.0.17:443", "connect 192.0.2.1:443"],
  [
    "a machine's number",
    "zones/us-central1-a/instances/1234567890123456789",
    "zones/us-central1-a/instances/1234567890123456789",
  ],
];

for (const [what, given, expected] of ROWS) {
  test(`${what} ${given === expected ? "stays" : "is replaced"}`, () => {
    assert.deepEqual(anonymized({ deep: [given] }, WHO), { deep: [expected] });
  });
}

test("a short project id is replaced only where it stands alone", () => {
  const who = { ...WHO, project: "lab" };
  assert.equal(anonymized("projects/lab/labels", who), "projects/my-project/labels");
});
