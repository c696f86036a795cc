import { type Assertion, byOutcome, verdict } from "../assertion.ts";
import { dig, namesAt, short, textAt } from "../json.ts";
import { countsOf, eventsOf, eventTexts, stateOf } from "../outcome.ts";
import { MANY_TASKS, stopped, success } from "../probes/exits.ts";

const READER = "src/executors/gcp_batch/read-job.ts";
const EVENTS = "src/executors/gcp_batch/event-facts.ts";
const ENGINE = "infra/batch-emulator/engine/";

/** What a job reads like. */
export const JOB_DOCUMENTS: readonly Assertion[] = [
  {
    id: "job-fresh",
    question: "What does a job look like that was just created?",
    assumption:
      'State QUEUED, runDuration "0s", no events, no status.taskGroups; the name has the project as it was asked for.',
    matters: [READER, "infra/batch-emulator/api/create-job.ts"],
    how: "The answer to its creation.",
    probes: [success],
    check: byOutcome(success, ({ created, id }, { batch }) => {
      const { body } = created;
      const status = namesAt(body, "status").sort().join(" ");
      const plain =
        stateOf(body) === "QUEUED" &&
        eventsOf(body).length === 0 &&
        dig(body, "status.taskGroups") === undefined;
      const named = textAt(body, "name") === `${batch.parent}/jobs/${id}`;
      const saw = `${stateOf(body)}, status has ${status}; runDuration ${textAt(body, "status.runDuration") || "absent"}; ${named ? "named as asked" : "another name"}`;
      return verdict(plain && named, saw, created);
    }),
  },
  {
    id: "job-states",
    question: "Which states does a job pass, and in which order?",
    assumption: "QUEUED, SCHEDULED, RUNNING, SUCCEEDED; some may be too short to be seen.",
    matters: ["src/executors/gcp_batch/state-words.ts", `${ENGINE}job-steps.ts`],
    how: "A job that succeeds, read every few seconds.",
    probes: [success],
    check: byOutcome(success, (outcome) => {
      const seen = outcome.sightings.map(({ state }) => state);
      const known = ["QUEUED", "SCHEDULED", "RUNNING", "SUCCEEDED"];
      const ordered = seen.every((state, index) => known.indexOf(state) >= index);
      return verdict(ordered && seen.at(-1) === "SUCCEEDED", seen.join(" > "), outcome.raw());
    }),
  },
  {
    id: "job-time-to-running",
    question: "How long is it from the creation of a job until it is RUNNING?",
    assumption: "Two to three minutes; more than 30 is told as waiting.",
    matters: ["src/core/wait.ts", "docs/operating.md"],
    how: "A job that succeeds, read every few seconds.",
    realOnly: "the emulator's machines are there at once",
    probes: [success],
    check: byOutcome(success, (outcome) => {
      const running = outcome.sightings.find(({ state }) => state === "RUNNING" || state === "SUCCEEDED");
      const seconds = Math.round((running?.milliseconds ?? 0) / 1000);
      return verdict(running !== undefined && seconds < 600, `${seconds} s`, outcome.sightings);
    }),
  },
  {
    id: "job-run-duration",
    question: "In which form does a job say how long it ran?",
    assumption: 'status.runDuration is seconds with up to nine digits and an s: "189.977260261s".',
    matters: ["src/executors/gcp_batch/document-shapes.ts", `${ENGINE}stamp.ts`],
    how: "A job that succeeded.",
    probes: [success],
    check: byOutcome(success, ({ job }) => {
      const text = textAt(job, "status.runDuration");
      return verdict(/^\d+(\.\d{1,9})?s$/.test(text) && Number.parseFloat(text) > 0, text || "absent", job);
    }),
  },
  {
    id: "job-uid",
    question: "In which form is a job's uid?",
    assumption:
      "Some of the job's id and a part of a UUID; it is opaque, at most 63 letters, digits and dashes.",
    matters: ["src/executors/gcp_batch: log filters", "infra/batch-emulator/api/identity.ts"],
    how: "A job that succeeded.",
    probes: [success],
    check: byOutcome(success, ({ job, id }) => {
      const uid = textAt(job, "uid");
      const saw = `${uid.length} characters, ${uid.startsWith(id.slice(0, 18)) ? "begins with the id" : "does not begin with the id"}`;
      return verdict(/^[a-z0-9-]{1,63}$/.test(uid), saw, { id, uid });
    }),
  },
  {
    id: "job-project-number",
    question: "Where does the project's number stand instead of its id?",
    assumption: "In taskGroups[].name, task names and event texts; names are never compared whole.",
    matters: [READER, "infra/batch-emulator/api/names.ts"],
    how: "A job that succeeded and its task.",
    probes: [success],
    check: byOutcome(success, ({ job, tasks }) => {
      const numbered = (text: string): boolean => /projects\/\d+\//.test(text);
      const places = {
        name: textAt(job, "name"),
        group: textAt(job, "taskGroups.0.name"),
        task: textAt(tasks[0], "name"),
        event: eventTexts(job)[0] ?? "",
      };
      const where = Object.entries(places)
        .filter(([, text]) => numbered(text))
        .map(([place]) => place);
      const saw = `number in: ${where.join(", ") || "none"}`;
      return verdict(!where.includes("name") && where.includes("task"), saw, { job, tasks });
    }),
  },
  {
    id: "job-events",
    question:
      "Do a job's own events carry neither an exit code nor a task's state, and which words do they use?",
    assumption:
      'They carry neither; "Job state is set from A to B for job NAME."; their type is STATUS_CHANGED or OPERATIONAL_INFO.',
    matters: [EVENTS, `${ENGINE}texts.ts`],
    how: "The events of a job that succeeded and of one that failed.",
    probes: [success, stopped],
    check: byOutcome(success, async (good, contact) => {
      const bad = await contact.lab.outcome(stopped);
      const events = [...eventsOf(good.job), ...eventsOf(bad.job)];
      const withCode = events.filter(
        (event) => dig(event, "taskExecution") != null || dig(event, "taskState") != null,
      );
      const types = [...new Set(events.map((event) => textAt(event, "type")))];
      const known = eventTexts(good.job).every((text) =>
        /^Job state is set from [A-Z_]+ to [A-Z_]+ for job \S+\.$/.test(text),
      );
      const saw = `${events.length} events, ${withCode.length} with a code or a task's state, types ${types.join(", ")}, words ${known ? "as known" : "new"}`;
      return verdict(withCode.length === 0 && known, saw, events);
    }),
  },
  {
    id: "job-event-times",
    question: "In which form are the times of events?",
    assumption: "RFC 3339 in UTC with none to nine digits of a second; the order of events is not promised.",
    matters: ["src/executors/gcp_batch/order-events.ts", `${ENGINE}stamp.ts`],
    how: "The events of a job that succeeded and of its task.",
    probes: [success],
    check: byOutcome(success, ({ job, tasks }) => {
      const times = [...eventsOf(job), ...tasks.flatMap(eventsOf)].map((event) => textAt(event, "eventTime"));
      const right = times.every((time) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/.test(time));
      const digits = [...new Set(times.map((time) => /\.(\d+)Z$/.exec(time)?.[1]?.length ?? 0))].sort();
      return verdict(
        right && times.length > 0,
        `${times.length} times with ${digits.join(", ")} digits`,
        times,
      );
    }),
  },
  {
    id: "job-failure-words",
    question: "Do the events of a failed job name the task's exit code?",
    assumption: 'The last one ends with the task\'s event: "... with exit code N.".',
    matters: [EVENTS, `${ENGINE}texts.ts`],
    how: "The events of a job whose task exited 4.",
    probes: [stopped],
    check: byOutcome(stopped, ({ job }) => {
      const text = eventTexts(job).find((one) => /to FAILED/.test(one)) ?? "";
      return verdict(
        /with exit code 4\b/.test(text),
        short(text.replace(/^.*?for job \S+?\.(?=[A-Z])/, "…")),
        eventsOf(job),
      );
    }),
  },
  {
    id: "job-counts",
    question: "Do the counts of a job's status agree with its tasks at once?",
    assumption: "They may lag and need not add up; in the end they do. Nothing is decided by them alone.",
    matters: [READER, `${ENGINE}events.ts`],
    how: "The counts of a job of many tasks when it failed, and for a minute after.",
    probes: [stopped],
    check: byOutcome(stopped, async ({ job, id }, contact) => {
      const sum = (counts: unknown): number =>
        Object.values((counts ?? {}) as object).reduce((all: number, one) => all + Number(one), 0);
      const first = countsOf(job);
      const later = await contact.ask(
        () => contact.batch.get(id),
        ({ body }) => sum(countsOf(body)) === MANY_TASKS,
        contact.site.seconds(60, 3),
      );
      const last = countsOf(later.body);
      return verdict(
        sum(last) === MANY_TASKS,
        `at first ${JSON.stringify(first)}, later ${JSON.stringify(last)}`,
        { first, last },
      );
    }),
  },
];
