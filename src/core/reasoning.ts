import type { Attempt, Evidence, Job } from "./job.ts";
import { sayDuration, sayQuantity } from "./quantity.ts";
import type { Resources } from "./resources.ts";
import type { Stopping } from "./run.ts";
import type { ExecutorKind, FailureClass } from "./status.ts";

/** What is done now. */
export type Done =
  | {
      readonly kind: "retry";
      readonly resources: Resources;
      readonly free: boolean;
      /** This retry's number by its rule, and how many the rule allows. */
      readonly count: number;
      readonly times: number;
      readonly notBefore: string | null;
      readonly now: string;
      readonly moved: ExecutorKind | null;
    }
  | { readonly kind: "end"; readonly action: "skip" | "fail" | "abort"; readonly why: string | null };

interface Seen {
  readonly job: Job;
  readonly class: FailureClass;
  readonly evidence: readonly Evidence[];
  readonly exitCode: number | null;
  readonly round: number;
}

/** The sentences a person would write: what was seen, what was tried, what is done now. */
export function reasoning(it: Seen, done: Done): string {
  return [seen(it), tried(it, done), act(it, done)].filter((sentence) => sentence !== "").join(" ");
}

/** Who is meant, for sentences: the sample, or the step when it is per run. */
export const subject = (job: Pick<Job, "sample" | "step">): string => job.sample ?? `step ${job.step}`;

/** What was seen, in one sentence. */
export function seen({ class: failure, evidence, exitCode, job }: Omit<Seen, "round">): string {
  const code = exitCode === null ? "" : `Exit code ${exitCode}`;
  const line = quote(evidence, "log") ?? quote(evidence, "pattern");
  const word = evidence.find(
    (item) => item.source !== "exit_code" && item.source !== "log" && item.source !== "pattern",
  )?.text;
  switch (failure) {
    case "oom":
      if (word)
        return exitCode === 137
          ? `Exit code 137 indicates OOM: ${end(word)}`
          : `Out of memory: ${end(word + withCode(exitCode))}`;
      return line && exitCode !== 137
        ? `${code || "The log"} with ${line} indicates OOM.`
        : `${code || "The log"} indicates OOM.`;
    case "preempted":
      return `The machine was preempted${withCode(exitCode)}.`;
    case "infra":
      return `The infrastructure failed, not the script${because(word, exitCode)}.`;
    case "timeout":
      return `It ran out of time${because(word, exitCode)}.`;
    case "disk_full":
      return `The disk is full${because(line ?? word, exitCode)}.`;
    case "missing_output":
      return `Exit code 0, but ${end(word ?? "a declared output is missing")}`;
    case "not_executable":
      return notExecutable(code || "The log", job.step, evidence);
    case "image":
      return `The container image could not be used${because(word, exitCode)}.`;
    case "permission":
      return `Permission was refused${because(word, exitCode)}.`;
    case "config":
      return `The job's settings were refused${because(word, exitCode)}.`;
    case "io":
      return `A file system failed${because(line ?? word, exitCode)}.`;
    case "bad_input":
      return `${code || "The log"} is what step ${job.step} declares for bad input${line ? ` (${line})` : ""}.`;
    case "app":
      return exitCode === null
        ? "It failed without an exit code."
        : `${code}${line ? `, and the log matches ${line}` : ""}.`;
    case "cancelled_elsewhere":
      return `Somebody else cancelled it${because(word, exitCode)}.`;
    case "lost":
      return `It vanished: ${end(word ?? "nothing was heard of it for too long")}`;
    default:
      return failure satisfies never;
  }
}

/** Names what is missing, and where it should be. */
function notExecutable(code: string, step: string, evidence: readonly Evidence[]): string {
  const line = evidence.find((item) => item.source === "log")?.text ?? "";
  const program = /([^\s:]+): (?:command )?not found$/.exec(line)?.[1];
  if (program)
    return `${code}: ${program} was not found; step ${step} needs it on its PATH, or in its image.`;
  const module = /No module named ['"]?([\w.]+)/.exec(line)?.[1];
  if (module) return `${code}: Python's module ${module} is not installed where step ${step} runs.`;
  return `${code} says that a program of step ${step} could not be run${line ? `: ${end(line)}` : "."}`;
}

const withCode = (code: number | null): string => (code === null ? "" : ` (exit code ${code})`);
const because = (text: string | null | undefined, code: number | null): string =>
  text ? `: ${text.replace(/\.$/, "")}` : withCode(code);
const end = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`);
const quote = (evidence: readonly Evidence[], source: Evidence["source"]): string | null => {
  const text = evidence.find((item) => item.source === source)?.text;
  return text === undefined ? null : `"${text}"`;
};

/** What was tried: the rungs of the ladder, or how often. */
function tried(it: Seen, done: Done): string {
  const failed = it.job.attempts.filter((attempt) => attempt.class === it.class);
  // A full disk that ends the run is everybody's: what this job had asked for is not the matter.
  const shared = it.class === "disk_full" && done.kind === "end" && done.action === "abort";
  const rungs = shared ? [] : ladder(it.class, failed);
  if (rungs.length > 0) {
    const were = rungs.length === 1 ? `${rungs[0]} was` : `${list(rungs)} were`;
    const why = done.kind === "end" && done.why ? `; ${done.why}` : "";
    return `${were} not enough${why}.`;
  }
  const times = failed.length > 1 ? `It happened in ${failed.length} attempts${sayRound(it, failed)}` : "";
  const why = done.kind === "end" && done.why ? done.why : "";
  if (times && why) return `${times}; ${why}.`;
  return times || why ? `${capital(times || why)}.` : "";
}

/** What a rule allows, it allows anew in each round. */
function sayRound({ job, round }: Seen, failed: readonly Attempt[]): string {
  const before = new Set(job.decisions.filter((made) => made.round < round).map(({ attempt }) => attempt));
  const now = failed.filter(({ attempt }) => !before.has(attempt)).length;
  return now < failed.length ? `, ${now} of them in this round` : "";
}

function ladder(failure: FailureClass, attempts: readonly Attempt[]): string[] {
  const values = attempts.map(({ resources }) => {
    if (failure === "oom") return sayQuantity(resources.memory);
    if (failure === "timeout") return resources.time;
    return failure === "disk_full" && resources.disk ? sayQuantity(resources.disk) : undefined;
  });
  return [...new Set(values.filter((value) => value !== undefined))];
}

export const list = (words: readonly string[]): string =>
  words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

function act(it: Seen, done: Done): string {
  const who = subject(it.job);
  if (done.kind === "end") return ENDINGS[done.action](who);
  const pause = done.notBefore ? (Date.parse(done.notBefore) - Date.parse(done.now)) / 1000 : 0;
  const how = [changes(it.job.resources, done.resources), done.moved ? `on ${done.moved}` : ""]
    .filter(Boolean)
    .join(" ");
  const when = pause > 0 ? ` in ${sayDuration(pause)}` : "";
  const count = done.free ? "free: it never ran" : `retry ${done.count} of ${done.times}`;
  return `Retrying ${who}${how ? ` ${how}` : " unchanged"}${when} (${count}).`;
}

const ENDINGS = {
  skip: (who: string) => `Skipping ${who}.`,
  fail: (who: string) => `Failing ${who}.`,
  abort: (who: string) => `Aborting the run at ${who}: every other job would meet the same.`,
} as const;

function changes(before: Resources, after: Resources): string {
  const parts: string[] = [];
  if (before.memory !== after.memory) parts.push(`${sayQuantity(after.memory)} of memory`);
  if (before.time !== after.time && after.time) parts.push(`${after.time} of time`);
  if (before.disk !== after.disk && after.disk) parts.push(`${sayQuantity(after.disk)} of disk`);
  const where: string[] = [];
  if (before.machine !== after.machine && after.machine) where.push(`on a machine ${after.machine}`);
  if (before.spot === true && after.spot === false) where.push("on a standard machine");
  if (after.zones && before.zones?.join() !== after.zones.join()) where.push(`in ${list(after.zones)}`);
  return [parts.length > 0 ? `with ${list(parts)}` : "", ...where].filter(Boolean).join(" ");
}

/** `Cancelled by ada@lab.org.`, `Aborted: ten jobs failed alike.`: why a run stops. */
export function sayStopping({ action, reason }: Stopping): string {
  return action === "abort" ? `Aborted: ${reason}.` : `${reason.charAt(0).toUpperCase()}${reason.slice(1)}.`;
}
