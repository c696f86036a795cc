import type { Decision } from "../core/job.ts";
import type { SeenDocument } from "./explain.ts";
import { isTold, NO_STEP } from "./explain-supposed-job.ts";

/** What was seen and what the rules would do, as the run's history would say it. */
export function sayDecision(seen: SeenDocument, decision: Decision): string {
  const told = decision.class !== null && isTold(decision.class, seen);
  const sentence = decision.reasoning
    .replaceAll(` of step ${NO_STEP}`, "")
    .replaceAll(`step ${NO_STEP}`, "its step");
  const unsaid = seen.state === null ? "The document does not say how the job stands." : "";
  return [unsaid, seen.note, told ? sentence : withoutAmounts(sentence)].filter(Boolean).join(" ");
}

/** Amounts that the document does not tell are said as factors; only in what is done now, never in what was quoted. */
function withoutAmounts(sentence: string): string {
  const at = sentence.lastIndexOf("Retrying ");
  if (at < 0) return sentence;
  const done = sentence
    .slice(at)
    .replace(/\S+ [KMGT]iB of (memory|disk)/g, "more $1")
    .replace(/\S+ of time/g, "more time");
  return sentence.slice(0, at) + done;
}

const WAITS: Readonly<Record<string, string>> = {
  quota: "It waits for quota",
  capacity: "It waits for capacity",
  executor_unreachable: "The executor could not be asked, which changes nothing",
  dependencies: "It waits for other jobs",
  concurrency: "It waits for its turn among its own tasks",
  backoff: "It waits until it may begin",
  verification: "It waits for its outputs to be verified",
};

/** How it stands, when nothing has failed. `never`: it waits for what cannot come any more. */
export function sayState(seen: SeenDocument, never: boolean): string {
  const { waiting, note } = seen;
  if (never)
    return "What it depends on did not succeed, so it will never start: cancel it, and mend what it depends on.";
  const wait = waiting
    ? sentence(WAITS[waiting.reason] ?? `It waits for ${waiting.reason}`, waiting.detail)
    : "";
  const known = wait && seen.state === null ? "" : stateSentence(seen, wait !== "");
  return [known, wait, note].filter(Boolean).join(" ");
}

const sentence = (what: string, detail: string): string =>
  detail === "" ? `${what}.` : `${what}: ${detail.replace(/\.$/, "")}.`;

function stateSentence({ state }: SeenDocument, waits: boolean): string {
  switch (state) {
    case "submitted":
      return waits ? "" : "It has been submitted and does not run yet.";
    case "running":
      return "It is running.";
    case "succeeded":
      return "It succeeded; what failed on the way does not count any more.";
    case "cancelled":
      return "It was cancelled, as was asked for.";
    case "failed":
      return "It failed.";
    case "lost":
      return "It vanished.";
    case null:
      return "The document does not say how the job stands.";
    default:
      return state satisfies never;
  }
}
