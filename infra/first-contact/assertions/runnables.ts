import { type Assertion, byOutcome, type Finding, unclear, verdict } from "../assertion.ts";
import type { Contact } from "../contact.ts";
import { type Outcome, stateOf } from "../outcome.ts";
import type { Probe } from "../probe.ts";
import { RETRIED_CODE, retried } from "../probes/endings.ts";
import { runnableTimeout, stopped, taskTimeout } from "../probes/exits.ts";
import { reportsOf } from "../reports.ts";
import { endOf } from "./end-of.ts";

const ENGINE = "infra/batch-emulator/engine/";
const RUNNER = "infra/batch-emulator/runner/";

/** What the scripts of a probe told under a key. */
const toldBy = (probe: Probe, key: string, judge: (told: string | undefined, outcome: Outcome) => Finding) =>
  byOutcome(probe, async (outcome, contact: Contact) => {
    const reports = await reportsOf(contact, probe.name, outcome);
    if (Object.keys(reports).length === 0 && key !== "always")
      return unclear("its scripts were not heard", outcome.raw());
    return judge(reports[key], outcome);
  });

const runnables: readonly Assertion[] = [
  {
    id: "always-run-after-failure",
    question: "Does a runnable with alwaysRun run after another has failed?",
    assumption: "It does, and the job's exit code stays that of the first failure.",
    matters: [
      "src/executors/gcp_batch: the script that uploads exit code and log tail",
      `${RUNNER}sequence.ts`,
    ],
    how: "A script that exits 4, one that must not run, one with alwaysRun.",
    needs: ["reports"],
    probes: [stopped],
    check: toldBy(stopped, "always", (told, outcome) => {
      const { codes: found } = endOf(outcome);
      const saw = `it ${told === "ran" ? "ran" : "did not run"}; exit code ${found.join(", ")}`;
      return verdict(told === "ran" && found.join() === "4", saw, outcome.raw());
    }),
  },
  {
    id: "runnables-after-failure",
    question: "Is a plain runnable left out after another has failed?",
    assumption: "It is.",
    matters: [`${RUNNER}sequence.ts`],
    how: "A script that exits 4, then another.",
    needs: ["reports"],
    probes: [stopped],
    check: toldBy(stopped, "skipped", (told, outcome) =>
      verdict(told === undefined, told === undefined ? "it did not run" : "it ran", outcome.raw()),
    ),
  },
  {
    id: "ignore-exit-status",
    question: "Does ignoreExitStatus let the next runnable go on?",
    assumption: "It does, and the ignored code is nowhere.",
    matters: [`${RUNNER}sequence.ts`],
    how: "A script that exits 7 and is ignored, then another.",
    needs: ["reports"],
    probes: [stopped],
    check: toldBy(stopped, "ignored", (told, outcome) => {
      const codesSeen = endOf(outcome).codes;
      return verdict(
        told === "went-on" && !codesSeen.includes(7),
        `${told ?? "it ended there"}; exit code ${codesSeen.join(", ")}`,
        outcome.raw(),
      );
    }),
  },
  {
    id: "always-run-after-step-timeout",
    question: "Does a runnable with alwaysRun run after another ran over its timeout?",
    assumption: "It does.",
    matters: ["src/executors/gcp_batch: limits of an attempt", `${RUNNER}sequence.ts`],
    how: "A script with a timeout that is too short, then one with alwaysRun.",
    needs: ["reports"],
    probes: [runnableTimeout],
    check: toldBy(runnableTimeout, "always", (told, outcome) =>
      verdict(told === "ran", told === "ran" ? "it ran" : "it did not run", outcome.raw()),
    ),
  },
  {
    id: "always-run-after-task-timeout",
    question: "Does a runnable with alwaysRun run when the task is over its maxRunDuration?",
    assumption:
      "It does not: nothing runs any more, so exit code and log tail are missing then. Either answer is safe.",
    matters: ["src/executors/gcp_batch: limits of an attempt", `${RUNNER}sequence.ts`],
    how: "A task with a maxRunDuration that is too short, and a script with alwaysRun.",
    needs: ["reports"],
    probes: [taskTimeout],
    check: toldBy(taskTimeout, "always", (told, outcome) =>
      verdict(told !== "ran", told === "ran" ? "it ran" : "it did not run", outcome.raw()),
    ),
  },
];

const retries: readonly Assertion[] = [
  {
    id: "retried-by-batch",
    question: "What do the events of a task tell that failed once and then succeeded?",
    assumption:
      "The job has SUCCEEDED, and the first attempt's exit code is still among the task's events: it must not be believed.",
    matters: ["src/executors/gcp_batch/read-tasks.ts", `${ENGINE}retry.ts`],
    how: "A task with maxRetryCount 1 that fails when BATCH_TASK_RETRY_ATTEMPT is 0.",
    probes: [retried],
    check: byOutcome(retried, (outcome) => {
      const stale = endOf(outcome).codes.includes(RETRIED_CODE);
      const saw = `${stateOf(outcome.job)}, ${stale ? "with" : "without"} the code of the first attempt`;
      return verdict(stateOf(outcome.job) === "SUCCEEDED" && stale, saw, outcome.raw());
    }),
  },
];

/** Which runnables and tasks run when others have failed. */
export const RUNNABLES: readonly Assertion[] = [...runnables, ...retries];
