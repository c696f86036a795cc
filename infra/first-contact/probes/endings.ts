import { createHash, randomUUID } from "node:crypto";
import { type Answer, isOk } from "../http.ts";
import { dig, textAt } from "../json.ts";
import type { Machine } from "../machines.ts";
import { eventsOf, hasEnded, instanceOf, stateOf } from "../outcome.ts";
import { jobOf, type Probe, script, type Visit } from "../probe.ts";

const SLEEP = [script("sleep 900")];
const isRunning = (job: unknown): boolean => stateOf(job) === "RUNNING";

/** How often a cancellation's operation is read until it is done. */
const OPERATION_TRIES = 6;

/** Cancelled while it runs, twice, and once more when it has ended. */
export const cancelled: Probe = {
  name: "cancelled",
  about: "a job that is cancelled while it runs",
  machine: "e2-small",
  minutes: 3,
  job: (site) => jobOf(site, { runnables: SLEEP }),
  async visit(visit) {
    const { id, batch, keep } = visit;
    if (!(await visit.until((job) => isRunning(job) || hasEnded(job)))) return;
    const requestId = randomUUID();
    const first = await batch.cancel(id, { requestId });
    keep("cancel", first);
    keep("cancel-same-request", await batch.cancel(id, { requestId }));
    keep("cancel-again", await batch.cancel(id));
    keep("job-after", await batch.get(id));
    if (!(await visit.until(hasEnded))) return;
    keep("cancel-ended", await batch.cancel(id));
    keep("job-after-cancel-ended", await batch.get(id));
    const name = textAt(first.body, "name");
    for (let tried = 0; name !== "" && tried < OPERATION_TRIES; tried += 1) {
      const operation = await batch.ask(`/v1/${name}`);
      keep("operation", operation);
      if (dig(operation.body, "done") === true) return;
      await visit.wait(visit.site.seconds(5, 0.1) * 1000);
    }
  },
};

/** Cancelled before it has a machine. */
export const cancelledEarly: Probe = {
  name: "cancel-early",
  about: "a job that is cancelled as soon as it is created",
  machine: null,
  minutes: 0,
  // An emulator's machines might be faster than the cancellation.
  staged: { quota: { for_ms: 600_000, at: "QUEUED" } },
  job: (site) => jobOf(site, { runnables: SLEEP }),
  async visit({ id, batch, keep }) {
    keep("cancel", await batch.cancel(id));
  },
};

/** The requestId of a job's first creation: the same for the same job, so that it can be repeated. */
const requestOf = (id: string): string => {
  const digits = createHash("sha256").update(id).digest("hex");
  return [0, 8, 12, 16, 20].map((at, index) => digits.slice(at, at + [8, 4, 4, 4, 12][index]!)).join("-");
};

/** Created again in every way, deleted, and created again. */
export const recreated: Probe = {
  name: "recreated",
  about: "a job that is created twice, deleted, and created once more",
  machine: null,
  minutes: 0,
  query: (id) => ({ requestId: requestOf(id) }),
  job: (site) => jobOf(site, { runnables: SLEEP }),
  async visit(visit) {
    const { id, batch, site, keep } = visit;
    const job = jobOf(site, { runnables: SLEEP });
    const other = jobOf(site, { runnables: [script("true")] });
    keep("same-request", await batch.create(id, job, { requestId: requestOf(id) }));
    keep("same-request-other-job", await batch.create(id, other, { requestId: requestOf(id) }));
    keep("other-request", await batch.create(id, job, { requestId: randomUUID() }));
    keep("no-request", await batch.create(id, job));
    keep("delete", await batch.remove(id));
    keep("job-while-deleted", await batch.get(id));
    keep("delete-again", await batch.remove(id));
    const early = await batch.create(id, job);
    keep("create-while-deleted", early);
    // Where the deletion was faster than the question, there is a new job now.
    if (isOk(early)) keep("delete-early", await batch.remove(id));
    if (!(await isGone(visit))) return;
    keep("job-when-deleted", await batch.get(id));
    keep("delete-when-deleted", await batch.remove(id));
    keep("create-when-deleted", await batch.create(id, job));
    keep("delete-last", await batch.remove(id));
  },
};

const GONE_SECONDS = 300;

/** Whether it comes to a 404 within five minutes. */
async function isGone({ id, batch, site, wait }: Visit): Promise<boolean> {
  const until = Date.now() + GONE_SECONDS * 1000;
  while (Date.now() < until) {
    if ((await batch.get(id)).status === 404) return true;
    await wait(site.emulated ? 30 : 3000);
  }
  return false;
}

/** Its Spot VM is preempted. */
export const preempted: Probe = {
  name: "preempted",
  about: "a Spot VM that is preempted by a simulated maintenance event",
  machine: "e2-small, spot",
  minutes: 6,
  needs: ["compute"],
  job: (site) => jobOf(site, { runnables: SLEEP, policy: { provisioningModel: "SPOT" } }),
  visit: (visit) => withMachine(visit, (machine) => visit.machines!.preempt(machine)),
};

/** Its machine is deleted. */
export const machineGone: Probe = {
  name: "machine-gone",
  about: "a VM that is deleted while its task runs",
  machine: "e2-small",
  minutes: 8,
  limit: 14,
  needs: ["compute"],
  job: (site) => jobOf(site, { runnables: SLEEP }),
  visit: (visit) => withMachine(visit, (machine) => visit.machines!.remove(machine)),
};

async function withMachine(visit: Visit, act: (machine: Machine) => Promise<Answer>): Promise<void> {
  if (!(await visit.until(isRunning))) return;
  const task = await visit.batch.task(visit.id, 0);
  visit.keep("task", task);
  const machine = instanceOf(task.body);
  if (machine) visit.keep("machine", await act({ ...machine, job: visit.id }));
}

/** Of a machine type that there is not. */
export const badMachine: Probe = {
  name: "bad-machine",
  about: "a machine type that does not exist",
  machine: null,
  minutes: 0,
  limit: 8,
  job: (site) => jobOf(site, { runnables: SLEEP, policy: { machineType: "n0-bioagent-1" } }),
};

/** What the first attempt of `retried` ends with. */
export const RETRIED_CODE = 5;

/** Fails once, and succeeds when Batch tries it again: BioAgent does not use that, others' jobs do. */
export const retried: Probe = {
  name: "retried",
  about: "a task that fails once and is retried by Batch",
  machine: "e2-small",
  minutes: 3,
  job: (site) =>
    jobOf(site, {
      runnables: [script(`[ "$BATCH_TASK_RETRY_ATTEMPT" != 0 ] || exit ${RETRIED_CODE}`)],
      spec: {
        maxRetryCount: 1,
        lifecyclePolicies: [{ action: "RETRY_TASK", actionCondition: { exitCodes: [RETRIED_CODE] } }],
      },
    }),
};

/** In a zone that there is not. */
export const badZone: Probe = {
  name: "bad-zone",
  about: "a zone that does not exist",
  machine: null,
  minutes: 0,
  limit: 8,
  job(site) {
    const job = jobOf(site, { runnables: SLEEP });
    const policy = dig(job, "allocationPolicy") as object;
    const location = { allowedLocations: [`zones/${site.settings.region}-z`] };
    return { ...job, allocationPolicy: { ...policy, location } };
  },
};

/** Asks for one machine of which the quota does not allow even one. */
export const overQuota = (machineType: string): Probe => ({
  name: "rare",
  about: "a machine for which there is no quota",
  machine: null,
  minutes: 0,
  limit: 8,
  staged: { quota: { for_ms: 600_000 } },
  job: (site) =>
    jobOf(site, { runnables: [script("true")], spec: { maxRunDuration: "60s" }, policy: { machineType } }),
  async visit(visit) {
    const told = (job: unknown): boolean =>
      eventsOf(job).some((event) => textAt(event, "type") !== "STATUS_CHANGED");
    await visit.until((job) => told(job) || hasEnded(job));
    visit.keep("job-when-told", await visit.batch.get(visit.id));
    if (hasEnded(visit.job())) return;
    visit.keep("cancel", await visit.batch.cancel(visit.id));
  },
});
