import { holds } from "./classify.ts";
import type { Decision, Evidence, Job } from "./job.ts";
import { lastAttempt } from "./job.ts";
import { nextRung } from "./ladder.ts";
import { secondsOf } from "./quantity.ts";
import { reasoning } from "./reasoning.ts";
import type { Largest, Resources } from "./resources.ts";
import type { Rule } from "./rule.ts";
import type { ExecutorKind, FailureClass } from "./status.ts";

/** What the rules look at: one attempt that has failed, its job's history, and what the step's other samples met. */
export interface Case {
  readonly job: Job;
  readonly class: FailureClass;
  readonly evidence: readonly Evidence[];
  readonly exitCode: number | null;
  /** The user's own patterns that the log matched. */
  readonly matches: readonly string[];
  /** False when the attempt never ran. */
  readonly ran: boolean;
  /** False for a lost attempt of which something may still be running: it is never resubmitted. */
  readonly certainlyOver: boolean;
  readonly rules: readonly Rule[];
  readonly round: number;
  readonly largest: Largest;
  readonly now: string;
  /** Why a plain retry is not worth it, although a rule would; or null. */
  readonly hopeless: string | null;
  /** Why no attempt may follow, whatever the rules say; or null. */
  readonly capped: string | null;
}

export interface Verdict {
  readonly decision: Decision;
  /** For a retry: what the next attempt asks for, where, and not before when. */
  readonly next: {
    readonly resources: Resources;
    readonly executor: ExecutorKind;
    readonly notBefore: string | null;
  } | null;
}

/** First match wins; a rule without budget goes to its `then`. No rule at all: the job fails. */
export function decide(it: Case): Verdict {
  let spent: { rule: Rule; why: string } | null = null;
  for (const rule of it.rules) {
    if (!matches(rule, it)) continue;
    if (rule.do !== "retry") return ending(it, rule, endOf(rule.do), spent?.why ?? null);
    const retry = tryRetry(it, rule);
    if (typeof retry !== "string") return retry;
    spent = { rule, why: retry };
    const then = rule.then ?? "skip";
    if (then !== "next") return ending(it, rule, then, retry);
  }
  return ending(it, spent?.rule ?? null, "fail", spent?.why ?? "no rule covers this");
}

/** `wait` decides nothing about something that has already ended. */
const endOf = (action: Rule["do"]): "skip" | "fail" | "abort" =>
  action === "skip" || action === "abort" ? action : "fail";

function matches(rule: Rule, it: Case): boolean {
  const { when } = rule;
  if (when.waiting !== undefined) return false;
  if (when.class && !when.class.includes(it.class)) return false;
  if (when.step && !when.step.includes(it.job.step)) return false;
  const executor = lastAttempt(it.job)?.executor ?? it.job.executor;
  if (when.executor && !when.executor.includes(executor)) return false;
  if (when.evidence && !it.evidence.some((item) => when.evidence!.includes(item.source))) return false;
  if (when.exit_code && !(it.exitCode !== null && when.exit_code.some((codes) => holds(codes, it.exitCode!))))
    return false;
  return !when.log || when.log.some((pattern) => it.matches.includes(pattern));
}

/** The retry, or why this rule has none left. */
function tryRetry(it: Case, rule: Rule): Verdict | string {
  if (!it.certainlyOver) return "it is not certain that the last attempt no longer runs";
  if (it.capped !== null) return it.capped;
  const spends = it.class === "app" && !rule.scale && !rule.set;
  if (it.hopeless !== null && (spends || it.class === "missing_output")) return it.hopeless;
  const free = !it.ran && freeRetries(it, rule) < (rule.free ?? 0);
  const times = rule.times ?? 0;
  if (!free && retriesBy(it, rule) >= times)
    return `the rule allows ${times} ${times === 1 ? "retry" : "retries"}`;
  if (rule.within_time && lostTime(it) > timeOf(it)) return "the time lost is more than the step's own";
  const rung = nextRung(it.job.resources, rule, it.largest);
  if (rung.kind === "no_gain") return rung.why;
  const count = retriesBy(it, rule) + 1;
  const notBefore = rule.backoff ? pauseUntil(it, rule, free ? freeRetries(it, rule) + 1 : count) : null;
  const decision = decisionOf(it, rule, "retry", free, {
    kind: "retry",
    resources: rung.resources,
    free,
    count,
    times,
    notBefore,
    now: it.now,
    moved: rule.set?.executor ?? null,
  });
  return {
    decision,
    next: { resources: rung.resources, executor: rule.set?.executor ?? it.job.executor, notBefore },
  };
}

const inRound = (it: Case): Decision[] =>
  it.job.decisions.filter((made) => made.round === it.round && made.action === "retry");
const retriesBy = (it: Case, rule: Rule): number =>
  inRound(it).filter((made) => made.rule === rule.name && !made.free).length;
const freeRetries = (it: Case, rule: Rule): number =>
  inRound(it).filter((made) => made.rule === rule.name && made.free).length;

/** Seconds that attempts of this job lost to failures of this class. */
function lostTime(it: Case): number {
  return it.job.attempts
    .filter((attempt) => attempt.class === it.class && attempt.started_at && attempt.ended_at)
    .reduce(
      (sum, attempt) => sum + (Date.parse(attempt.ended_at!) - Date.parse(attempt.started_at!)) / 1000,
      0,
    );
}
const timeOf = (it: Case): number =>
  it.job.resources.time === undefined ? Infinity : secondsOf(it.job.resources.time);

/** Seconds, jitter included. */
const LONGEST_PAUSE = 3600;
const MOST_JITTER = 1.25;

/** Exponential, with jitter that is drawn from the attempt's id: the same history pauses for the same time. */
function pauseUntil(it: Case, rule: Rule, count: number): string {
  const base = secondsOf(rule.backoff!);
  const steady = Math.min(base * 2 ** (count - 1), LONGEST_PAUSE / MOST_JITTER);
  const pause = steady * (MOST_JITTER - 0.5 * unitOf(it.job.job_id));
  return new Date(Date.parse(it.now) + Math.round(pause * 1000)).toISOString();
}

/** A number in [0, 1) that depends only on the text (FNV-1a). */
function unitOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193) >>> 0;
  return hash / 2 ** 32;
}

function ending(it: Case, rule: Rule | null, action: "skip" | "fail" | "abort", why: string | null): Verdict {
  return { decision: decisionOf(it, rule, action, false, { kind: "end", action, why }), next: null };
}

type Done = Parameters<typeof reasoning>[1];

function decisionOf(
  it: Case,
  rule: Rule | null,
  action: Decision["action"],
  free: boolean,
  done: Done,
): Decision {
  return {
    action,
    reasoning: reasoning(it, done),
    rule: rule?.name ?? null,
    class: it.class,
    evidence: [...it.evidence],
    timestamp: it.now,
    round: it.round,
    attempt: lastAttempt(it.job)?.attempt ?? null,
    free,
  };
}
