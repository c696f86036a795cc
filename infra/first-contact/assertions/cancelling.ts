import { type Assertion, byOutcome, unclear, verdict } from "../assertion.ts";
import { isOk } from "../http.ts";
import { dig, listAt, textAt } from "../json.ts";
import { stateOf } from "../outcome.ts";
import { cancelled, cancelledEarly } from "../probes/endings.ts";
import { endOf } from "./end-of.ts";
import { answerText } from "./say.ts";

const ENGINE = "infra/batch-emulator/engine/";

const CANCEL = "src/executors/gcp_batch: cancelling";
const OPERATIONS = "infra/batch-emulator/api/operations.ts";

/** What cancelling does. */
export const CANCELLING: readonly Assertion[] = [
  {
    id: "cancel-running",
    question: "Which states does a job pass that is cancelled while it runs?",
    assumption: "RUNNING > CANCELLATION_IN_PROGRESS > CANCELLED; its record is kept.",
    matters: [CANCEL, `${ENGINE}job-steps.ts`],
    how: "A job that sleeps is cancelled when it is RUNNING.",
    probes: [cancelled],
    check: byOutcome(cancelled, (outcome) => {
      const states = outcome.sightings.map(({ state }) => state);
      const after = textAt(outcome.kept.get("job-after")?.body, "status.state");
      const saw = `${states.join(" > ")}; right after: ${after}`;
      return verdict(states.at(-1) === "CANCELLED" && /^CANCEL/.test(after), saw, outcome.raw());
    }),
  },
  {
    id: "cancel-early",
    question: "Which states does a job pass that is cancelled before it has a machine?",
    assumption: "CANCELLED in the end, without RUNNING.",
    matters: [CANCEL, `${ENGINE}job-steps.ts`],
    how: "A job is cancelled as soon as it is created.",
    probes: [cancelledEarly],
    check: byOutcome(cancelledEarly, (outcome) => {
      const states = outcome.sightings.map(({ state }) => state);
      return verdict(
        states.at(-1) === "CANCELLED" && !states.includes("RUNNING"),
        states.join(" > "),
        outcome.raw(),
      );
    }),
  },
  {
    id: "cancel-tasks",
    question: "Which states do the tasks of a cancelled job have?",
    assumption:
      "FAILED where they ran (the emulator: with 143), UNEXECUTED where not; the job's own state decides, never the tasks'.",
    matters: ["src/executors/gcp_batch/read-tasks.ts", `${ENGINE}job-steps.ts`],
    how: "The task of a job that was cancelled while it ran.",
    probes: [cancelled],
    check: byOutcome(cancelled, (outcome) => {
      const states = outcome.tasks.map(stateOf);
      const { codes: found } = endOf(outcome);
      return verdict(
        states.every((state) => state === "FAILED"),
        `${states.join(", ")}; exit code ${found.join(", ") || "none"}`,
        outcome.raw(),
      );
    }),
  },
  {
    id: "cancel-answer",
    question: "What does a cancellation answer?",
    assumption: "An operation of the verb cancel, done once the job is CANCELLED.",
    matters: [CANCEL, OPERATIONS],
    how: "The answer, and the operation when the job had ended.",
    probes: [cancelled],
    check: byOutcome(cancelled, (outcome) => {
      const [first, operation] = [outcome.kept.get("cancel"), outcome.kept.get("operation")];
      const verb = textAt(first?.body, "metadata.verb");
      const done = dig(operation?.body, "done") === true;
      const saw = `verb ${verb || "absent"}, the operation is ${done ? "done" : `not done (${operation?.status ?? "not read"})`}`;
      return verdict(verb === "cancel" && done, saw, outcome.raw());
    }),
  },
  {
    id: "cancel-again",
    question: "What does a second cancellation answer while the first one is under way?",
    assumption:
      "With the same requestId: the same operation. Without: an error of 400. Either is taken as done by the executor.",
    matters: [CANCEL, OPERATIONS],
    how: "A job that is being cancelled is cancelled again, with the same requestId, and without.",
    probes: [cancelled],
    check: byOutcome(cancelled, (outcome) => {
      const [first, same, again] = ["cancel", "cancel-same-request", "cancel-again"].map((name) =>
        outcome.kept.get(name),
      );
      const one = textAt(first?.body, "name") === textAt(same?.body, "name");
      const saw = `same requestId: ${answerText(same)}${one ? ", the same operation" : ""}; without: ${answerText(again)}`;
      const wasOver = stateOf(outcome.kept.get("job-after")?.body) === "CANCELLED";
      if (wasOver && again && isOk(again)) return unclear(`${saw}: it was cancelled by then`, outcome.raw());
      return verdict(one && again?.status === 400, saw, outcome.raw());
    }),
  },
  {
    id: "cancel-ended",
    question: "Is the cancellation of a job that has ended accepted, and does it change nothing?",
    assumption: "It is, and the state stays.",
    matters: [CANCEL, OPERATIONS],
    how: "A cancelled job is cancelled once more.",
    probes: [cancelled],
    check: byOutcome(cancelled, (outcome) => {
      const answer = outcome.kept.get("cancel-ended");
      const state = textAt(outcome.kept.get("job-after-cancel-ended")?.body, "status.state");
      return verdict(
        answer !== undefined && isOk(answer) && state === "CANCELLED",
        `${answerText(answer)}, then ${state}`,
        outcome.raw(),
      );
    }),
  },
  {
    id: "cancel-permission",
    question: "Which permission does a cancellation need?",
    assumption: "One of batch.jobs.create, delete, get, list: there is no batch.jobs.cancel.",
    matters: ["terraform: roles of the api and poll accounts", "README: who may do what"],
    how: "The project is asked whether the caller has batch.jobs.cancel: one that there is not is an error.",
    needs: ["projects"],
    async check({ http, settings }) {
      const path = `/v1/projects/${settings.project}:testIamPermissions`;
      const ask = (permission: string) =>
        http({
          base: settings.endpoints.projects!,
          method: "POST",
          path,
          body: { permissions: [permission] },
        });
      const [cancel, remove] = await Promise.all([ask("batch.jobs.cancel"), ask("batch.jobs.delete")]);
      if (!isOk(remove)) return unclear(`permissions could not be asked: ${answerText(remove)}`, remove);
      const granted = listAt(cancel.body, "permissions").length > 0;
      const saw = isOk(cancel)
        ? `there is batch.jobs.cancel, ${granted ? "and you have it" : "and you do not have it"}`
        : answerText(cancel);
      return verdict(!isOk(cancel), saw, [cancel, remove]);
    },
  },
];
