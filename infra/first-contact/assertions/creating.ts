import { randomUUID } from "node:crypto";
import { type Assertion, byOutcome, no, unclear, verdict, yes } from "../assertion.ts";
import type { Contact } from "../contact.ts";
import { type Answer, isOk } from "../http.ts";
import { lastPart, textAt } from "../json.ts";
import { jobOf, script } from "../probe.ts";
import { recreated } from "../probes/endings.ts";
import { success } from "../probes/exits.ts";
import { plainJob } from "./plain-job.ts";
import { answerText, errorText } from "./say.ts";

const SUBMISSION = "src/executors/gcp_batch: creating a job";
const EMULATOR = "infra/batch-emulator/api/create-job.ts";
/** What a step of `recreated` answered. */
const step = (
  contact: Contact,
  judge: (kept: (name: string) => Answer | undefined, created: Answer) => { holds: boolean; saw: string },
) =>
  byOutcome(recreated, (outcome) => {
    const { holds, saw } = judge((name) => outcome.kept.get(name), outcome.created);
    return verdict(holds, saw, outcome.raw());
  })(contact);

const uidOf = (answer: Answer | undefined): string => textAt(answer?.body, "uid");

/** What creating a job does, once and again. */
export const CREATING: readonly Assertion[] = [
  {
    id: "create-same-request",
    question: "Does the same requestId create nothing new?",
    assumption: "200 with the same uid, so a create whose answer was lost can be repeated.",
    matters: [SUBMISSION, EMULATOR],
    how: "A job is created twice with one requestId.",
    probes: [recreated],
    check: (contact) =>
      step(contact, (kept, created) => {
        const repeated = kept("same-request");
        const same = uidOf(created) !== "" && uidOf(repeated) === uidOf(created);
        return { holds: same, saw: `${answerText(repeated)}, ${same ? "the same" : "another"} uid` };
      }),
  },
  {
    id: "create-same-request-other-job",
    question: "What does the same requestId with another definition give?",
    assumption:
      "The first job, or an error; never a second job. BioAgent compares the spec's hash on what it gets.",
    matters: [SUBMISSION, EMULATOR],
    how: "The requestId of a job, with another script.",
    probes: [recreated],
    check: (contact) =>
      step(contact, (kept, created) => {
        const other = kept("same-request-other-job");
        const first = other !== undefined && (!isOk(other) || uidOf(other) === uidOf(created));
        return {
          holds: first,
          saw: `${answerText(other)}${other && isOk(other) ? `, ${uidOf(other) === uidOf(created) ? "the first job" : "another job"}` : ""}`,
        };
      }),
  },
  {
    id: "create-same-id",
    question: "Is a second job of the same id refused?",
    assumption:
      "409 ALREADY_EXISTS, with another requestId and without one; then the job that is there is read and compared.",
    matters: [SUBMISSION, EMULATOR],
    how: "The id of a job that runs, with another requestId, and with none.",
    probes: [recreated],
    check: (contact) =>
      step(contact, (kept) => {
        const [other, none] = [kept("other-request"), kept("no-request")];
        return {
          holds: other?.status === 409 && none?.status === 409,
          saw: `${answerText(other)}; without: ${none?.status}`,
        };
      }),
  },
  {
    id: "create-after-end",
    question: "Is the id of a job that has ended still taken?",
    assumption: "409 ALREADY_EXISTS, until it is deleted or 60 days have passed.",
    matters: [SUBMISSION, EMULATOR],
    how: "The id of the job that succeeded.",
    probes: [success],
    check: byOutcome(success, async (outcome, contact) => {
      const answer = await contact.batch.create(outcome.id, plainJob(contact), { requestId: randomUUID() });
      return verdict(answer.status === 409, answerText(answer), answer);
    }),
  },
  {
    id: "create-after-delete",
    question: "Is the id of a deleted job free again?",
    assumption:
      "While it is being deleted: 409, and submitting is tried again. Afterwards: 200, with another uid.",
    matters: [SUBMISSION, EMULATOR],
    how: "A job is deleted, and created again while it goes and when it is gone.",
    probes: [recreated],
    check: (contact) =>
      step(contact, (kept, created) => {
        const [going, gone] = [kept("create-while-deleted"), kept("create-when-deleted")];
        const fresh = gone !== undefined && isOk(gone) && uidOf(gone) !== uidOf(created);
        return {
          holds: fresh && going !== undefined && (going.status === 409 || isOk(going)),
          saw: `going: ${answerText(going)}; gone: ${answerText(gone)}`,
        };
      }),
  },
  {
    id: "delete-answers",
    question: "What do the deletion of a job and its repetition answer?",
    assumption:
      "An operation of the verb delete; the job reads DELETION_IN_PROGRESS, then 404; a deletion of what is gone is 404.",
    matters: ["src/executors/gcp_batch: the sweep of orphans", "infra/batch-emulator/api/operations.ts"],
    how: "A job is deleted three times: at once again, and when it is gone.",
    probes: [recreated],
    check: (contact) =>
      step(contact, (kept) => {
        const [first, during] = [kept("delete"), kept("job-while-deleted")];
        const [again, after, last] = [
          kept("delete-again"),
          kept("job-when-deleted"),
          kept("delete-when-deleted"),
        ];
        const verb = textAt(first?.body, "metadata.verb");
        const state = during?.status === 404 ? "404" : textAt(during?.body, "status.state");
        const holds =
          verb === "delete" &&
          ["404", "DELETION_IN_PROGRESS"].includes(state) &&
          after?.status === 404 &&
          last?.status === 404;
        return {
          holds,
          saw: `verb ${verb}, then ${state}, again: ${answerText(again)}; gone: ${after?.status}, ${last?.status}`,
        };
      }),
  },
  {
    id: "create-generated-id",
    question: "Does the service find an id when none is given?",
    assumption: "It does. BioAgent always sends one; gcloud does not.",
    matters: ["infra/batch-emulator/api/identity.ts"],
    how: "A job without an id, deleted at once.",
    async check(contact) {
      const answer = await contact.batch.create(null, plainJob(contact));
      const id = lastPart(textAt(answer.body, "name"));
      if (isOk(answer)) await contact.batch.remove(id);
      return isOk(answer) ? yes(`it is called ${id}`, answer) : no(errorText(answer), answer);
    },
  },
  {
    id: "create-other-spellings",
    question: "Are proto names of fields, numbers of enums and ?job_id= accepted?",
    assumption: "They are: gcloud passes on what a file says, and Google's client sends enums as numbers.",
    matters: ["infra/batch-emulator/validate/canonical.ts", "infra/batch-emulator/rest/query.ts"],
    how: "One job in that spelling, deleted at once.",
    async check(contact) {
      const { taskGroups, allocationPolicy } = plainJob(contact);
      const job = { task_groups: taskGroups, allocationPolicy, logs_policy: { destination: 1 } };
      const answer = await contact.batch.create(null, job, {
        job_id: `bioagent-fc-${contact.runId}-spelling`,
      });
      if (!isOk(answer)) return no(errorText(answer), answer);
      await contact.batch.remove(lastPart(textAt(answer.body, "name")));
      const destination = textAt(answer.body, "logsPolicy.destination");
      return verdict(destination === "CLOUD_LOGGING", `accepted, destination ${destination}`, answer);
    },
  },
  {
    id: "create-machine-memory",
    question: "What happens when memoryMib is more than the machine type has?",
    assumption:
      "It is refused, fails before RUNNING, or is ignored: BioAgent chooses machine types that are large enough by itself.",
    matters: ["src/executors/gcp_batch: the machine of an attempt"],
    how: "memoryMib 16384 with an e2-small; deleted after a minute.",
    async check(contact) {
      const id = `bioagent-fc-${contact.runId}-mem-policy`;
      const spec = { computeResource: { cpuMilli: "1000", memoryMib: "16384" } };
      const created = await contact.batch.create(
        id,
        jobOf(contact.site, { runnables: [script("true")], spec }),
      );
      if (!isOk(created)) return verdict(created.status === 400, `refused: ${errorText(created)}`, created);
      const ended = (answer: Answer): boolean =>
        ["RUNNING", "SUCCEEDED", "FAILED"].includes(textAt(answer.body, "status.state"));
      const later = await contact.ask(() => contact.batch.get(id), ended, contact.site.seconds(300, 5));
      await contact.batch.remove(id);
      const state = textAt(later.body, "status.state");
      const saw = `accepted, then ${state}`;
      return ended(later) ? yes(saw, [created, later]) : unclear(`${saw} after 5 minutes`, [created, later]);
    },
  },
];
