import { count } from "../../core/count.ts";
import type { Event } from "../../core/event.ts";
import type { Decision } from "../../core/job.ts";
import { sayBytes, sayDuration } from "../../core/quantity.ts";
import { type Paint, type Style, statusStyle } from "./paint.ts";
import { clockOf, secondsBetween } from "./time.ts";
import { oneLine } from "./width.ts";

/** An event in words: what it concerns, what happened, and the particulars. */
export interface EventWords {
  readonly subject: string;
  readonly verb: string;
  readonly text: string;
  readonly style: Style;
  /** Worth a line while somebody watches; the rest is for `bioagent events`. */
  readonly news: boolean;
}

export function eventWords(event: Event): EventWords {
  const subject = event.job === null ? "run" : event.job;
  return { subject, ...wordsOf(event) };
}

type Words = Omit<EventWords, "subject">;
const words = (verb: string, text: string, style: Style, news: boolean): Words => ({
  verb,
  text: oneLine(text),
  style,
  news,
});

function wordsOf({ type, data, attempt }: Event): Words {
  const text = (key: string): string =>
    data[key] === undefined || data[key] === null ? "" : String(data[key]);
  switch (type) {
    case "run.created":
      return words(
        "created",
        `${count(Number(text("jobs")), "job")}, ${count(Number(text("samples")), "sample")}, executor ${text("executor")}`,
        "dim",
        false,
      );
    case "run.approved":
      return words("approved", text("by") && `by ${text("by")}`, "dim", true);
    case "run.planned":
      return words("planned", plannedText(data), "dim", true);
    case "run.note":
      return words("note", text("text") || text("note"), "yellow", true);
    case "run.waiting":
      return words("waiting", [text("reason"), text("detail")].filter(Boolean).join(": "), "yellow", true);
    case "run.stopping":
      return words("stopping", text("reason"), "red", true);
    case "run.reopened":
      return words("reopened", `round ${text("round")}, ${count(Number(text("jobs")), "job")}`, "cyan", true);
    case "run.completed":
    case "run.failed":
    case "run.cancelled": {
      const status = type.slice("run.".length);
      return words(
        status,
        text("outcome"),
        text("outcome") === "some_skipped" ? "yellow" : statusStyle(status),
        true,
      );
    }
    case "job.recorded":
      return words("recorded", `attempt ${attempt}, ${resourcesText(data["resources"])}`, "dim", false);
    case "job.observed":
      return observedWords(data, attempt);
    case "job.decided":
      return decidedWords(data["decision"] as Decision | undefined);
    case "job.reused":
      return words("reused", `from ${text("run_id")}`, "green", true);
    case "job.succeeded":
      return words(
        "done",
        Number(text("outputs")) > 0 ? `${count(Number(text("outputs")), "output")} verified` : "",
        "green",
        true,
      );
    case "job.failed":
    case "job.skipped":
    case "job.cancelled": {
      // Never alone: the decision that it follows says why.
      const status = type.slice("job.".length);
      return words(status, "", statusStyle(status), false);
    }
    default:
      return type satisfies never;
  }
}

function plannedText(data: Event["data"]): string {
  const reused = Number(data["reused"] ?? 0);
  return `${count(Number(data["jobs"]), "job")}${reused > 0 ? `, ${reused} reused` : ""}`;
}

function resourcesText(value: unknown): string {
  if (typeof value !== "object" || value === null) return "";
  return Object.entries(value)
    .map(([name, amount]) => `${name} ${amount}`)
    .join(", ");
}

function observedWords(data: Event["data"], attempt: number | null): Words {
  const status = String(data["status"]);
  const nth = `attempt ${attempt}`;
  if (status === "running" || status === "submitted")
    return words(status, nth, statusStyle(status), status === "running");
  return words(
    "ended",
    [nth, ...endParts(data)].join(", "),
    statusStyle(status === "lost" ? "failed" : status),
    false,
  );
}

function endParts(data: Event["data"]): string[] {
  const parts = [String(data["status"])];
  if (typeof data["exit_code"] === "number") parts.push(`exit ${data["exit_code"]}`);
  if (typeof data["class"] === "string") parts.push(data["class"]);
  if (typeof data["started_at"] === "string" && typeof data["ended_at"] === "string")
    parts.push(`after ${sayDuration(secondsBetween(data["started_at"], data["ended_at"]))}`);
  if (typeof data["peak_memory"] === "number")
    parts.push(`peak ${sayBytes(data["peak_memory"])} of ${String(data["memory"] ?? "?")}`);
  return parts;
}

const STYLES = { retry: "cyan", wait: "dim", skip: "yellow", fail: "red", abort: "red" } as const;

function decidedWords(decision: Decision | undefined): Words {
  if (!decision) return words("decided", "", "dim", true);
  // What ends with the run is not its cause.
  const follows = decision.action === "abort" && decision.rule === null;
  const verb = follows ? "cancel" : decision.action;
  return words(verb, decision.reasoning, follows ? "yellow" : STYLES[decision.action], true);
}

const SUBJECT_COLUMNS = 24;
const VERB_COLUMNS = 8;

/** `12:01:03 duplicates-tumor_hifi  retry   Exit code 137 ...` */
export function eventLine(event: Event, paint: Paint): string {
  const { subject, verb, text, style } = eventWords(event);
  return `${paint("dim", clockOf(event.at))} ${subject.padEnd(SUBJECT_COLUMNS)} ${paint(style, verb.padEnd(VERB_COLUMNS))} ${text}`.trimEnd();
}
