import { type Assertion, byOutcome, unclear, verdict } from "../assertion.ts";
import { textAt } from "../json.ts";
import { exitCodesOf, stateOf } from "../outcome.ts";
import type { Probe } from "../probe.ts";
import { machineGone, preempted } from "../probes/endings.ts";
import { EXPECTED_CODES, exitCodes, missingImage, runnableTimeout, taskTimeout } from "../probes/exits.ts";
import { memoryContainer, memoryMachine, memoryOption, memoryScript } from "../probes/memory.ts";
import { endOf } from "./end-of.ts";

const CLASSES = "src/executors/gcp_batch/judge-failure.ts, src/core/classify.ts";
const ENGINE = "infra/batch-emulator/engine/";
const RUNNER = "infra/batch-emulator/runner/";

/** An assertion that a probe's task ends with one of these codes. */
function codeAssertion(parts: {
  readonly id: string;
  readonly question: string;
  readonly assumption: string;
  readonly probe: Probe;
  readonly codes: readonly number[];
  readonly realOnly?: string;
  readonly permissions?: readonly string[];
  readonly matters?: readonly string[];
}): Assertion {
  const { codes, probe, matters = [CLASSES, RUNNER], ...rest } = parts;
  return {
    ...rest,
    matters,
    how: `The end of ${probe.about}.`,
    probes: [probe],
    check: byOutcome(probe, (outcome) => {
      const end = endOf(outcome);
      return verdict(
        end.codes.some((code) => codes.includes(code)),
        end.saw,
        outcome.raw(),
      );
    }),
  };
}

const HOST_CONTAINERS = "the emulator runs containers on this machine, where there is no image to miss";

const codes: readonly Assertion[] = [
  {
    id: "exit-codes",
    question: "Do the exit codes of scripts reach the task's events, those of signals as 128 + N?",
    assumption: "3, 127 (no such command), 139 (SIGSEGV) and 143 (SIGTERM) are passed on as they are.",
    matters: [CLASSES, `${RUNNER}sequence.ts`],
    how: "Five tasks on one machine that end in the same moment.",
    probes: [exitCodes],
    check: byOutcome(exitCodes, (outcome) => {
      const seen = EXPECTED_CODES.map((_, index) => {
        const task = outcome.tasks.find((one) => textAt(one, "name").endsWith(`/tasks/${index}`));
        return stateOf(task) === "SUCCEEDED" ? 0 : (exitCodesOf(task).at(-1) ?? null);
      });
      const wrong = EXPECTED_CODES.some((code, index) => seen[index] !== code);
      const saw = `${seen.join(", ")} for ${EXPECTED_CODES.join(", ")}`;
      return wrong && seen.includes(null)
        ? unclear(`${saw}: not all came to their end`, outcome.raw())
        : verdict(!wrong, saw, outcome.raw());
    }),
  },
  codeAssertion({
    id: "exit-missing-image",
    question: "With which code does a container end whose image is not there?",
    assumption: "125, docker's own; the event has none of the registry's words.",
    probe: missingImage,
    codes: [125],
    realOnly: HOST_CONTAINERS,
  }),
  codeAssertion({
    id: "exit-preempted",
    question: "With which code does the task of a preempted Spot VM end?",
    assumption: "50001, in the task's event and in the text of the job's.",
    probe: preempted,
    permissions: ["compute.instances.simulateMaintenanceEvent"],
    codes: [50001],
    matters: [CLASSES, `${ENGINE}texts.ts`],
  }),
  codeAssertion({
    id: "exit-machine-gone",
    question: "With which code does a task end whose VM was deleted?",
    assumption: "50002 (or another of 50000 to 59999): infrastructure, retried.",
    probe: machineGone,
    permissions: ["compute.instances.delete"],
    codes: [50000, 50001, 50002, 50003, 50006],
    matters: [CLASSES, `${ENGINE}texts.ts`],
  }),
  codeAssertion({
    id: "exit-task-timeout",
    question: "With which code does a task end that runs over maxRunDuration?",
    assumption: "50005.",
    probe: taskTimeout,
    codes: [50005],
  }),
  codeAssertion({
    id: "exit-step-timeout",
    question: "With which code does a task end whose runnable runs over its timeout?",
    assumption: "50005; the texts do not say which limit it was.",
    probe: runnableTimeout,
    codes: [50005],
  }),
  codeAssertion({
    id: "memory-option",
    question: "Is a container killed with 137 that uses more than its --memory?",
    assumption: "137: this is how the executor makes a lack of memory the job's own end, not the machine's.",
    probe: memoryOption,
    codes: [137],
  }),
  codeAssertion({
    id: "memory-machine",
    question: "With which code does a task end that uses all memory of its machine?",
    assumption: "137 (the kernel kills the script) or 50002 (the machine is no longer heard of).",
    probe: memoryMachine,
    codes: [137, 50002],
    realOnly: "it would use up the memory of this machine",
  }),
];

/** Whether memoryMib limits: both answers are safe, since the executor passes --memory, but the emulator must do the same. */
function memoryLimit(id: string, what: string, probe: Probe): Assertion {
  return {
    id,
    question: `Does memoryMib limit the memory of ${what}?`,
    assumption:
      "It does: 137. The executor passes --memory to containers anyway; the answer decides how true the emulator is.",
    matters: [`${RUNNER}memory-group.ts`, "src/executors/gcp_batch: the memory of an attempt's machine"],
    how: `The end of ${probe.about}.`,
    probes: [probe],
    check: byOutcome(probe, (outcome) => {
      const end = endOf(outcome);
      return verdict(end.codes.includes(137), end.saw, outcome.raw());
    }),
  };
}

/** With which codes tasks end. */
export const EXIT_CODES: readonly Assertion[] = [
  ...codes,
  memoryLimit("memory-script", "a script", memoryScript),
  memoryLimit("memory-container", "a container", memoryContainer),
];
