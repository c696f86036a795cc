import { type Assertion, byOutcome, unclear, verdict, yes } from "../assertion.ts";
import type { Contact } from "../contact.ts";
import { lastPart, listAt, short, textAt } from "../json.ts";
import { eventsOf, eventTexts, exitCodesOf, stateOf } from "../outcome.ts";
import { EXPECTED_CODES, exitCodes, MANY_TASKS, stopped, success } from "../probes/exits.ts";
import { TASK_STATES } from "./words.ts";

const EVENTS = "src/executors/gcp_batch/event-facts.ts";
const ENGINE = "infra/batch-emulator/engine/";

/** What tasks read like. */
export const TASK_DOCUMENTS: readonly Assertion[] = [
  {
    id: "tasks-at-first",
    question: "What do a new job's tasks read before they exist?",
    assumption:
      "404 for up to some minutes (or an empty list), then they are there; a 404 alone proves nothing.",
    matters: ["src/executors/gcp_batch/read-answer.ts", "infra/batch-emulator/api/tasks.ts"],
    how: "The tasks of a job, from its creation on.",
    probes: [success],
    check: byOutcome(success, ({ taskAnswers, tasks, ...rest }) => {
      const statuses = taskAnswers.map(({ status }) => status);
      const safe = statuses.every((status) => status === 200 || status === 404);
      return verdict(safe && tasks.length === 1, `${statuses.join(" > ")}, in the end ${tasks.length} task`, {
        ...rest,
        taskAnswers,
        tasks,
      });
    }),
  },
  {
    id: "task-success-event",
    question: "Does the event of a task that succeeded carry no exit code?",
    assumption: "It carries no taskExecution (or one with 0); a failed one carries the code.",
    matters: [EVENTS, `${ENGINE}events.ts`],
    how: "The task of a job that succeeded.",
    probes: [success],
    check: byOutcome(success, ({ tasks }) => {
      const codes = tasks.flatMap(exitCodesOf);
      const states = tasks.flatMap(eventsOf).map((event) => textAt(event, "taskState"));
      const saw = `${states.join(" > ")}; exit codes: ${codes.join(", ") || "none"}`;
      return verdict(codes.every((code) => code === 0) && states.includes("SUCCEEDED"), saw, tasks);
    }),
  },
  {
    id: "task-names",
    question: "How are tasks called?",
    assumption: ".../taskGroups/group0/tasks/INDEX, from 0.",
    matters: ["src/executors/gcp_batch/read-tasks.ts", "infra/batch-emulator/api/tasks.ts"],
    how: "The tasks of a job of five.",
    probes: [exitCodes],
    check: byOutcome(exitCodes, ({ tasks }) => {
      const names = tasks.map((task) => textAt(task, "name"));
      const right = EXPECTED_CODES.every((_, index) =>
        names.some((name) => name.endsWith(`/taskGroups/group0/tasks/${index}`)),
      );
      return verdict(right, names.map(lastPart).join(", "), names);
    }),
  },
  {
    id: "task-events",
    question: "Which words do the events of tasks use?",
    assumption:
      '"Task state is updated from A to B on zones/Z/instances/N[ due to REASON][ with exit code C.]"; PENDING has none.',
    matters: [EVENTS, `${ENGINE}texts.ts`],
    how: "The tasks of a job of five, of which four failed.",
    probes: [exitCodes],
    check: byOutcome(exitCodes, ({ tasks }) => {
      const texts = tasks.flatMap(eventTexts);
      const form =
        /^Task state is updated from [A-Z_-]+ to [A-Z_]+( on zones\/\S+\/instances\/\d+)?(.*exit code \d+\.)?\s*$/s;
      const strange = texts.filter((text) => !form.test(text));
      const saw = strange.length > 0 ? `new: ${short(strange[0]!)}` : `${texts.length} events as known`;
      return verdict(texts.length > 0 && strange.length === 0, saw, tasks);
    }),
  },
  {
    id: "tasks-after-failure",
    question: "Are tasks that have not begun left out once one has failed for good?",
    assumption: "They are UNEXECUTED when the job has FAILED.",
    matters: ["src/executors/gcp_batch/state-words.ts", `${ENGINE}job-steps.ts`],
    how: `A job of ${MANY_TASKS} tasks, one at a time, of which the first fails.`,
    probes: [stopped],
    check: byOutcome(stopped, (outcome) => {
      const states = [...new Set(outcome.tasks.map(stateOf))];
      const rest = outcome.tasks.slice(1).every((task) => stateOf(task) === "UNEXECUTED");
      return verdict(
        rest && stateOf(outcome.job) === "FAILED",
        `job ${stateOf(outcome.job)}, tasks ${states.join(", ")}`,
        outcome.raw(),
      );
    }),
  },
  {
    id: "tasks-beside-failure",
    question: "Do tasks that run beside one that fails go on to their own end?",
    assumption: "They do: each keeps its own code.",
    matters: [`${ENGINE}task-steps.ts`],
    how: "Five tasks on one machine that end in the same moment.",
    probes: [exitCodes],
    check: byOutcome(exitCodes, (outcome) => {
      const states = outcome.tasks.map(stateOf);
      const settled = states.every((state) => ["FAILED", "SUCCEEDED"].includes(state));
      return settled
        ? yes(states.join(", "), outcome.raw())
        : unclear(`${states.join(", ")}: the moment was missed`, outcome.raw());
    }),
  },
  {
    id: "task-states-known",
    question: "Are there states of tasks that BioAgent does not know?",
    assumption: `Only ${TASK_STATES.join(", ")}.`,
    matters: ["src/executors/gcp_batch/state-words.ts"],
    how: "The tasks of every job of this run that has some.",
    probes: [success, stopped, exitCodes],
    async check({ lab }: Contact) {
      const outcomes = await Promise.all([success, stopped, exitCodes].map((probe) => lab.outcome(probe)));
      const tasks = outcomes.flatMap((outcome) => outcome.tasks);
      const words = tasks.flatMap((task) => [
        stateOf(task),
        ...eventsOf(task).map((event) => textAt(event, "taskState")),
      ]);
      const strange = [...new Set(words)].filter((word) => word !== "" && !TASK_STATES.includes(word));
      if (tasks.length === 0) return unclear("no job had tasks", listAt(null, ""));
      return verdict(
        strange.length === 0,
        strange.length === 0 ? [...new Set(words)].join(", ") : `new: ${strange.join(", ")}`,
        [...new Set(words)],
      );
    },
  },
];
