import { type Assertion, byOutcome, type Finding, unclear, verdict, yes } from "../assertion.ts";
import type { Contact } from "../contact.ts";
import { short, textAt } from "../json.ts";
import type { Mail } from "../mailbox.ts";
import { eventsOf, type Outcome } from "../outcome.ts";
import type { Probe } from "../probe.ts";
import { toldFailure, toldSuccess } from "../probes/surroundings.ts";

const PUSH = "src/http/push.ts, src/executors/gcp_batch/read-answer.ts";
const NOTIFY = "infra/batch-emulator/notify/message.ts";
/** Messages come within a minute, or not at all. */
const mailMilliseconds = (contact: Contact): number => contact.site.seconds(120, 5) * 1000;
/** One for the job and one for its task. */
const EXPECTED_MAILS = 2;

const mailAbout = (probe: Probe, judge: (mails: readonly Mail[], outcome: Outcome) => Finding) =>
  byOutcome(probe, async (outcome, contact) => {
    const mailbox = contact.mailbox!;
    const mails = await mailbox.wait(outcome.id, EXPECTED_MAILS, mailMilliseconds(contact));
    if (mails.length > 0) return judge(mails, outcome);
    const trouble = mailbox.trouble();
    const account = "does the job's account have roles/pubsub.publisher on the topic?";
    return unclear(trouble ? `pulling failed: ${trouble}` : `no message came; ${account}`, outcome.raw());
  });

const ofType = (mails: readonly Mail[], type: string): readonly Mail[] =>
  mails.filter(({ attributes }) => attributes["Type"] === type);

const JOB_ATTRIBUTES = ["JobName", "JobUID", "NewJobState", "Region", "Type"];

function jobMessage(id: string, probe: Probe, state: string): Assertion {
  return {
    id,
    question: `Which attributes has the message that a job is ${state}?`,
    assumption: `${JOB_ATTRIBUTES.join(", ")}; JobName is the full name, NewJobState is ${state}.`,
    matters: [PUSH, NOTIFY],
    how: `A subscription to a topic, and a job that ends ${state}.`,
    probes: [probe],
    check: mailAbout(probe, (mails, outcome) => {
      const [mail] = ofType(mails, "JOB_STATE_CHANGED");
      if (!mail)
        return verdict(false, `no message of the type JOB_STATE_CHANGED among ${mails.length}`, mails);
      const names = Object.keys(mail.attributes).sort();
      const { NewJobState, JobName = "", JobUID } = mail.attributes;
      const right =
        NewJobState === state &&
        JobName.endsWith(`/jobs/${outcome.id}`) &&
        JobUID === textAt(outcome.job, "uid");
      const saw = `${names.join(", ")}; NewJobState ${NewJobState}`;
      return verdict(right && JOB_ATTRIBUTES.every((name) => names.includes(name)), saw, mails);
    }),
  };
}

/** What Pub/Sub is told. */
export const MESSAGES: readonly Assertion[] = [
  jobMessage("message-succeeded", toldSuccess, "SUCCEEDED"),
  jobMessage("message-failed", toldFailure, "FAILED"),
  {
    id: "message-task",
    question: "Which attributes has the message that a task has changed?",
    assumption:
      "Type TASK_STATE_CHANGED, NewTaskState, TaskName, TaskUID beside JobName, JobUID, Region. BioAgent does not ask for them.",
    matters: [NOTIFY],
    how: "A job that also asks for the messages of its failed task.",
    probes: [toldFailure],
    check: mailAbout(toldFailure, (mails) => {
      const [mail] = ofType(mails, "TASK_STATE_CHANGED");
      if (!mail) return unclear(`no message of the type TASK_STATE_CHANGED among ${mails.length}`, mails);
      const names = Object.keys(mail.attributes).sort();
      return verdict(
        ["NewTaskState", "TaskName", "TaskUID"].every((name) => names.includes(name)),
        names.join(", "),
        mails,
      );
    }),
  },
  {
    id: "message-body",
    question: "What is in the body of a message?",
    assumption: "Nothing that is not also in the attributes; it is never read. The emulator's is empty.",
    matters: [PUSH, NOTIFY],
    how: "The message of a job that succeeded.",
    probes: [toldSuccess],
    check: mailAbout(toldSuccess, (mails) => {
      const body = Buffer.from(textAt(mails[0]?.message, "data"), "base64").toString("utf8");
      const saw = body === "" ? "empty" : `${body.length} characters: ${short(body, 80)}`;
      return yes(saw, mails);
    }),
  },
  {
    id: "message-filter",
    question: "Are only those states told that were asked for?",
    assumption: "They are: newJobState and newTaskState choose; other states bring no message.",
    matters: ["src/executors/gcp_batch: notifications of a job", NOTIFY],
    how: "A job that asks for SUCCEEDED only.",
    probes: [toldSuccess],
    check: mailAbout(toldSuccess, (mails) => {
      const states = ofType(mails, "JOB_STATE_CHANGED").map(
        ({ attributes }) => attributes["NewJobState"] ?? "?",
      );
      return verdict(
        states.every((state) => state === "SUCCEEDED"),
        states.join(", "),
        mails,
      );
    }),
  },
  {
    id: "message-delay",
    question: "How long after the end of a job does its message come?",
    assumption: "Seconds: faster than the next poll. If not, the poll alone sees changes.",
    matters: ["DESIGN section 9: under 5 s with a push message"],
    how: "The time of the job's last event, against the message's publishTime.",
    probes: [toldSuccess],
    check: mailAbout(toldSuccess, (mails, outcome) => {
      const [mail] = ofType(mails, "JOB_STATE_CHANGED");
      const ended = Math.max(...eventsOf(outcome.job).map((event) => Date.parse(textAt(event, "eventTime"))));
      const seconds = (Date.parse(textAt(mail?.message, "publishTime")) - ended) / 1000;
      if (Number.isNaN(seconds)) return unclear("there was no time to compare", mails);
      return verdict(seconds < 30, `${seconds.toFixed(1)} s`, { mails, events: eventsOf(outcome.job) });
    }),
  },
];
