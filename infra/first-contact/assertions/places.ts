import { type Assertion, byOutcome, type Finding, unclear, verdict, yes } from "../assertion.ts";
import type { Contact } from "../contact.ts";
import { isOk } from "../http.ts";
import { dig, listAt, short, textAt } from "../json.ts";
import { exitCodesOf, hasEnded, type Outcome, stateOf } from "../outcome.ts";
import { success } from "../probes/exits.ts";
import { environment, mirrored, privateMachine } from "../probes/surroundings.ts";
import { answerText } from "./say.ts";

/** What else surrounds a job: environment, network, images, logs. */
export const PLACES: readonly Assertion[] = [
  {
    id: "environment-size",
    question:
      "Are a variable of 96 KiB and 900 KiB of variables together accepted, and do they reach the script?",
    assumption: "They do: long sample sheets are sent in the environment, below these sizes.",
    matters: ["src/executors/gcp_batch: the environment of an attempt"],
    how: "A job with nine variables of 96 KiB, whose script measures them.",
    probes: [environment],
    async check(contact) {
      const outcome = await contact.lab.outcome(environment);
      const { created, trouble, job, tasks } = outcome;
      if (!isOk(created)) return verdict(false, answerText(created), created);
      if (trouble) return unclear(trouble);
      const codes = tasks.flatMap(exitCodesOf);
      // The definition alone has 900 KiB of one letter: it is not kept.
      const evidence = { status: dig(job, "status"), tasks };
      return verdict(
        stateOf(job) === "SUCCEEDED",
        `${stateOf(job)}${codes.length > 0 ? `, exit code ${codes.join(", ")}` : ""}`,
        evidence,
      );
    },
  },
  {
    id: "private-machine",
    question: "Does a machine without an external address start in the network that was given?",
    assumption:
      "It does, with Private Google Access on the subnetwork; without, the job stays SCHEDULED and fails after 18 minutes.",
    matters: ["terraform: network", "docs/operating.md"],
    how: "A job with noExternalIpAddress, ended as soon as it is RUNNING.",
    unless: ({ network, subnetwork }) => (network && subnetwork ? null : "needs --network and --subnetwork"),
    probes: [privateMachine],
    async check(contact) {
      const outcome = await contact.lab.outcome(privateMachine);
      if (!isOk(outcome.created)) return verdict(false, answerText(outcome.created), outcome.created);
      const ran = outcome.sightings.some(({ state }) => state === "RUNNING");
      const hint = ran ? "" : "; look for Private Google Access on the subnetwork";
      return verdict(
        ran || hasEnded(outcome.job),
        `${outcome.sightings.map(({ state }) => state).join(" > ")}${hint}`,
        outcome.raw(),
      );
    },
  },
  {
    id: "image-mirror",
    question: "Is an image of quay.io pulled by way of the Artifact Registry remote?",
    assumption:
      "MIRROR/prometheus/busybox stands for quay.io/prometheus/busybox; the job's account reads it.",
    matters: ["src/executors/gcp_batch: images by way of a mirror", "terraform: Artifact Registry remote"],
    how: "A container whose image is named by way of the mirror.",
    realOnly: "images are not pulled here",
    probes: [mirrored],
    check: byOutcome(mirrored, (outcome) => {
      const codes = outcome.tasks.flatMap(exitCodesOf);
      return verdict(
        stateOf(outcome.job) === "SUCCEEDED",
        `${stateOf(outcome.job)}${codes.length > 0 ? `, exit code ${codes.join(", ")}` : ""}`,
        outcome.raw(),
      );
    }),
  },
  {
    id: "log-entries",
    question: "Where do a job's lines stand in Cloud Logging, and how soon?",
    assumption:
      "In batch_task_logs, found by labels.job_uid; labels.task_id ends with group0-INDEX (or …/RETRY/0); stdout is INFO, stderr ERROR; within a minute.",
    matters: ["src/executors/gcp_batch: live logs", "infra/batch-emulator/control/log-entries.ts"],
    how: "The entries of a job that wrote a line to each.",
    needs: ["logging"],
    permissions: ["logging.logEntries.list"],
    probes: [success],
    check: byOutcome(success, logEntries),
  },
  {
    id: "log-agent",
    question: "Does the agent's log tell how each runnable ended?",
    assumption:
      '"Task task/UID-group0-I/R/0 runnable N exited with status S" in batch_agent_logs. Nothing depends on it.',
    matters: ["infra/batch-emulator/runner/"],
    how: "The agent's entries of a job that succeeded.",
    needs: ["logging"],
    probes: [success],
    check: byOutcome(success, async ({ job }, { logs, site }) => {
      const exited = (entry: unknown): boolean => /exited with status \d+/.test(JSON.stringify(entry));
      const answer = await logs!.readUntil(
        "batch_agent_logs",
        textAt(job, "uid"),
        (entries) => entries.some(exited),
        site.seconds(60, 3),
      );
      const found = listAt(answer.body, "entries").find(exited);
      const said = textAt(found, "textPayload") || JSON.stringify(dig(found, "jsonPayload") ?? "");
      return found
        ? yes(short(said), answer)
        : verdict(false, `${listAt(answer.body, "entries").length} entries, none says so`, answer);
    }),
  },
];

async function logEntries({ job }: Outcome, { logs, site }: Contact): Promise<Finding> {
  const started = Date.now();
  const textOf = (entry: unknown): string => textAt(entry, "textPayload").trim();
  const both = (entries: readonly unknown[]): boolean =>
    ["to-stdout", "to-stderr"].every((line) => entries.some((entry) => textOf(entry) === line));
  const answer = await logs!.readUntil("batch_task_logs", textAt(job, "uid"), both, site.seconds(90, 5));
  const entries = listAt(answer.body, "entries");
  if (!isOk(answer)) return unclear(`they could not be read: ${answerText(answer)}`, answer);
  const severity = (line: string): string =>
    textAt(
      entries.find((entry) => textOf(entry) === line),
      "severity",
    ) || "absent";
  const task = textAt(
    entries.find((entry) => textOf(entry) === "to-stdout"),
    "labels.task_id",
  );
  const right =
    both(entries) &&
    severity("to-stdout") === "INFO" &&
    severity("to-stderr") === "ERROR" &&
    /group0-0(\/|$)/.test(task);
  const seconds = Math.round((Date.now() - started) / 1000);
  const saw = `stdout ${severity("to-stdout")}, stderr ${severity("to-stderr")}, task_id …${task.slice(task.indexOf("group0"))}, ${seconds} s after the end`;
  return verdict(right, saw, answer);
}
