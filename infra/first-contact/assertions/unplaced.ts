import { type Assertion, type Finding, unclear, verdict } from "../assertion.ts";
import type { Contact } from "../contact.ts";
import { isOk } from "../http.ts";
import { dig, listAt, short, textAt } from "../json.ts";
import { eventsOf, eventTexts, hasEnded, stateOf } from "../outcome.ts";
import type { Probe } from "../probe.ts";
import { badMachine, badZone, overQuota } from "../probes/endings.ts";
import { answerText } from "./say.ts";

const CLASSES = "src/executors/gcp_batch/judge-failure.ts, src/core/classify.ts";
const ENGINE = "infra/batch-emulator/engine/";

/** An assertion about a job that cannot be placed. */
const unplaceable = (id: string, question: string, probe: Probe): Assertion => ({
  id,
  question,
  assumption:
    "It is refused (400), or the job FAILS without having run: without tasks, or with tasks that never ran, and the events name the cause.",
  matters: [CLASSES, `${ENGINE}job-steps.ts`],
  how: `The end of a job with ${probe.about}.`,
  probes: [probe],
  async check(contact) {
    const outcome = await contact.lab.outcome(probe);
    if (!isOk(outcome.created))
      return verdict(outcome.created.status === 400, answerText(outcome.created), outcome.created);
    if (outcome.trouble) return unclear(outcome.trouble, outcome.raw());
    const ran = outcome.sightings.some(({ state }) => state === "RUNNING");
    const saw = `${stateOf(outcome.job)} with ${outcome.tasks.length} tasks: ${short(eventTexts(outcome.job).at(-1) ?? "no events", 200)}`;
    return verdict(stateOf(outcome.job) === "FAILED" && !ran, saw, outcome.raw());
  },
});

/** What becomes of jobs that find no machine. */
export const UNPLACED: readonly Assertion[] = [
  unplaceable("no-such-machine", "What becomes of a job with a machine type that there is not?", badMachine),
  unplaceable("no-such-zone", "What becomes of a job with a zone that there is not?", badZone),
  {
    id: "quota-event",
    question: "How is it told that a quota is used up?",
    assumption:
      "By events of the type OPERATIONAL_INFO with CODE_GCE_QUOTA_EXCEEDED, while the job waits in QUEUED or SCHEDULED.",
    matters: ["src/executors/gcp_batch/event-facts.ts", `${ENGINE}texts.ts`],
    how: "A job with a machine of which the project may not have one; nothing is started, and it is cancelled.",
    needs: ["compute"],
    permissions: ["compute.regions.get"],
    check: quotaEvent,
  },
];

/** Machines that few projects may have, the metric of the region that counts them, and how many one needs. */
const RARE_MACHINES = [
  { type: "m1-ultramem-40", metric: "M1_CPUS", needs: 40 },
  { type: "m2-ultramem-208", metric: "M2_CPUS", needs: 208 },
  { type: "n2-highcpu-96", metric: "N2_CPUS", needs: 96 },
  { type: "c2-standard-60", metric: "C2_CPUS", needs: 60 },
] as const;

const QUOTA = /quota/i;

async function quotaEvent(contact: Contact): Promise<Finding> {
  const region = (await contact.machines!.region?.()) ?? null;
  const limit = (metric: string): unknown =>
    dig(
      listAt(region?.body, "quotas").find((quota) => textAt(quota, "metric") === metric),
      "limit",
    );
  const rare = RARE_MACHINES.find(({ metric, needs }) => {
    const most = limit(metric);
    return typeof most === "number" && most < needs;
  });
  // Without a limit that is surely too small it might be granted, and cost.
  if (region !== null && !rare)
    return unclear("the project may have every machine that was thought of", region);
  const outcome = await contact.lab.outcome(overQuota(rare?.type ?? "n2-highcpu-96"));
  const told = outcome.kept.get("job-when-told")?.body ?? outcome.job;
  const event = eventsOf(told).find((one) => QUOTA.test(textAt(one, "description")));
  const text = textAt(event, "description");
  if (!event) return unclear(`${stateOf(outcome.job)}, and no event speaks of a quota`, outcome.raw());
  const waits = !hasEnded(told) && textAt(event, "type") === "OPERATIONAL_INFO";
  const saw = `${textAt(event, "type")} in ${stateOf(told)}: ${short(text, 200)}`;
  return verdict(waits && /QUOTA_EXCEEDED/.test(text), saw, outcome.raw());
}
