import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createHttp } from "../../../infra/first-contact/http.ts";
import type { ContactSettings } from "../../../infra/first-contact/settings.ts";
import { contact, type Lab, onlyLeft, openLab, openLiar, PROJECT } from "./lab.ts";

let lab: Lab;
before(async () => {
  lab = await openLab();
});
after(() => lab.close());

/** Resource Manager, which knows these permissions and grants some of them. */
async function withPermissions(granted: readonly string[]) {
  return openLiar("http://127.0.0.1:9", ({ path, body }) => {
    assert.equal(path, `/v1/projects/${PROJECT}:testIamPermissions`);
    const { permissions } = JSON.parse(body) as { permissions: string[] };
    if (permissions.includes("batch.jobs.cancel"))
      return {
        status: 400,
        body: {
          error: { code: 400, message: "Permission batch.jobs.cancel is not valid for this resource." },
        },
      };
    return { status: 200, body: { permissions: permissions.filter((one) => granted.includes(one)) } };
  });
}

const BASIC = ["create", "get", "list", "delete"]
  .map((verb) => `batch.jobs.${verb}`)
  .concat("batch.tasks.list");
const withEndpoints = (endpoints: Partial<ContactSettings["endpoints"]>): ContactSettings => ({
  ...lab.settings,
  endpoints: { ...lab.settings.endpoints, ...endpoints },
});

test("a permission that the caller lacks skips what needs it, and names it", async (t) => {
  const projects = await withPermissions(BASIC);
  t.after(() => projects.close());
  const { verdicts } = await contact(withEndpoints({ projects: projects.url }), { only: "exit-preempted" });
  assert.deepEqual(
    verdicts.map(({ holds, saw }) => [holds, saw]),
    [["skipped", "you lack compute.instances.simulateMaintenanceEvent in the project"]],
  );
  await onlyLeft(lab);
});

test("without the permission to create jobs nothing begins", async (t) => {
  const projects = await withPermissions(BASIC.slice(1));
  t.after(() => projects.close());
  await assert.rejects(
    contact(withEndpoints({ projects: projects.url }), { only: "create-*" }),
    /batch\.jobs\.create are missing\. Ask for roles\/batch\.jobsEditor/,
  );
});

test("that there is no permission of its own to cancel is learned without cancelling", async (t) => {
  const projects = await withPermissions(BASIC);
  t.after(() => projects.close());
  const { verdicts, jobsMade } = await contact(withEndpoints({ projects: projects.url }), {
    only: "cancel-permission",
  });
  // The emulator beside it is no reason to skip: permissions are asked of another service.
  assert.deepEqual(
    verdicts.map(({ holds }) => holds),
    ["yes"],
  );
  assert.equal(jobsMade, 0);
});

test("where every rare machine is allowed, none is asked for", async (t) => {
  const quotas = ["M1_CPUS", "M2_CPUS", "N2_CPUS", "C2_CPUS"].map((metric) => ({ metric, limit: 10_000 }));
  const compute = await openLiar("http://127.0.0.1:9", () => ({ status: 200, body: { quotas } }));
  t.after(() => compute.close());
  const { verdicts, jobsMade } = await contact(withEndpoints({ compute: compute.url }), {
    only: "quota-event",
  });
  assert.deepEqual(
    verdicts.map(({ holds }) => holds),
    ["unclear"],
  );
  assert.equal(jobsMade, 0);
});

test("a machine is asked for of which the quota allows not even one", async (t) => {
  const compute = await openLiar("http://127.0.0.1:9", () => ({
    status: 200,
    body: {
      quotas: [
        { metric: "M1_CPUS", limit: 96 },
        { metric: "N2_CPUS", limit: 24 },
      ],
    },
  }));
  t.after(() => compute.close());
  const { verdicts } = await contact(withEndpoints({ compute: compute.url }), { only: "quota-event" });
  assert.deepEqual(
    verdicts.map(({ holds }) => holds),
    ["yes"],
  );
  const text = JSON.stringify(verdicts[0]!.evidence);
  assert.match(text, /"machineType":"n2-highcpu-96"/);
  await onlyLeft(lab);
});

test("credentials go to https only", async () => {
  const http = createHttp(() => assert.fail("they were asked for"), new AbortController().signal);
  const answer = await http({ base: lab.urls.batch, method: "GET", path: "/v1/projects/p-12345/locations" });
  assert.equal(answer.status, 200);
});
