import { type Classified, classify } from "../core/classify.ts";
import { decide, type Verdict } from "../core/decide.ts";
import { presetRules } from "../core/default-rules.ts";
import type { Evidence, Job } from "../core/job.ts";
import type { Observation } from "../core/observation.ts";
import type { Preset } from "../core/pipeline.ts";
import type { Resources } from "../core/resources.ts";
import type { Rule } from "../core/rule.ts";
import type { Action, ExecutorKind, FailureClass } from "../core/status.ts";
import { readBatchDocument } from "../executors/gcp_batch/read-document.ts";
import { readSlurmRecord } from "../executors/slurm/read-record.ts";
import type { Patterns } from "../ports.ts";
import { InvalidRequest } from "./deps.ts";
import { readOwnDocument } from "./explain-own-document.ts";
import { supposedJob } from "./explain-supposed-job.ts";
import { sayDecision, sayState } from "./explain-words.ts";

/** Why something failed, and what the rules would do. */
export interface Explanation {
  /** In attempt words; null where the document does not say. */
  readonly state: Observation["status"];
  /** Null unless the document shows a failure. */
  readonly class: FailureClass | null;
  readonly exit_code: number | null;
  /** `quota` and `capacity`, and what only a look can tell: `dependencies`, `concurrency`, `backoff`. */
  readonly waiting: { readonly reason: string; readonly detail: string } | null;
  readonly evidence: readonly Evidence[];
  readonly reasoning: string;
  /** What the rules would do now; null when there is nothing to do. */
  readonly action: Action | null;
}

/** What a reader made of a document: some executor's, or our own. */
export interface SeenDocument {
  readonly executor: ExecutorKind;
  readonly name: string | null;
  readonly observation: Observation;
  readonly state: Observation["status"];
  /** True when it shows a failure, even where it does not say how things stand. */
  readonly failure: boolean;
  readonly waiting: Explanation["waiting"];
  readonly resources: Partial<Resources>;
  readonly spot: boolean | null;
  readonly ranSeconds: number | null;
  readonly vanishedBefore: number;
  readonly note: string | null;
  /** It defines a job and says nothing of how one stands. */
  readonly definitionOnly?: boolean;
  /** One of our own jobs, with its history; the rules' budgets are counted in it. */
  readonly job?: Job;
}

/** Each is given a JSON value, or a text that is no JSON; null when the document is none of the reader's. */
const READERS: readonly ((document: unknown) => SeenDocument | null)[] = [
  readOwnDocument,
  readBatchDocument,
  readSlurmRecord,
];

export interface ExplainOptions {
  readonly preset?: Preset | undefined;
  /** Looked at before the preset's. */
  readonly rules?: readonly Rule[] | undefined;
  /** Searches the log patterns of rules in our own documents; without it, no pattern matches. */
  readonly patterns?: Patterns | undefined;
  /** The value of a YAML text (the form that gcloud prints by default), or null when it is none. */
  readonly readYaml?: ((text: string) => unknown) | undefined;
}

const MOST_TEXT = 16 * 2 ** 20;

/**
 * Explains a record of Google Cloud Batch or Slurm, or a job or attempt of our own, whole or partial.
 * Throws an `InvalidRequest` for anything else, and nothing but that.
 */
export function explain(text: string, options: ExplainOptions = {}): Explanation {
  const seen = read(text, options.readYaml);
  const rules = [...(options.rules ?? []), ...presetRules(options.preset ?? "default")];
  if (!seen.failure) return withoutFailure(seen);
  const matches = matchesOf(seen, rules, options.patterns);
  const found = classified(seen, matches);
  const verdict = judged(seen, found, { rules, matches });
  return {
    state: seen.state,
    class: found.class,
    exit_code: seen.observation.exit_code ?? null,
    waiting: seen.waiting,
    evidence: found.evidence,
    reasoning: sayDecision(seen, verdict.decision),
    action: verdict.decision.action,
  };
}

function read(text: string, readYaml: ExplainOptions["readYaml"]): SeenDocument {
  if (text.length > MOST_TEXT) throw unreadable("it is larger than 16 MiB");
  const trimmed = text.replace(/^\ufeff/, "").trim();
  if (trimmed === "") throw unreadable("it is empty");
  const value = parseJson(trimmed);
  const seen = value === undefined ? readPlainText(trimmed, readYaml) : firstOf(value);
  if (seen?.definitionOnly) throw onlyDefinition();
  if (seen) return seen;
  throw unreadable(value === undefined ? "its text is none of these" : "its JSON is none of these");
}

/** YAML first: a text that is some is not to be searched for sentences. */
function readPlainText(text: string, readYaml: ExplainOptions["readYaml"]): SeenDocument | null {
  const yaml = readYaml?.(text) ?? null;
  return (typeof yaml === "object" && yaml !== null ? firstOf(yaml) : null) ?? firstOf(text);
}

const firstOf = (document: unknown): SeenDocument | null => {
  for (const reader of READERS) {
    const seen = reader(document);
    if (seen) return seen;
  }
  return null;
};

/** Undefined when it is no JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A text of another kind, which is what the caller wants to know.
    return undefined;
  }
}

const refused = (message: string): InvalidRequest => new InvalidRequest([{ path: "", message }]);

const onlyDefinition = (): InvalidRequest =>
  refused(
    "Nothing to explain: this document holds a job's definition only, and no status and no events. Give the job itself: gcloud batch jobs describe JOB --location REGION --format json.",
  );

const unreadable = (why: string): InvalidRequest =>
  refused(
    `Cannot explain this document: ${why}. Give one Google Cloud Batch job, task, task list, list of status events, error or Pub/Sub message (JSON, or what gcloud prints), one Slurm record (sacct, squeue or scontrol show job, as text or JSON), or a job or attempt of bioagent (jobs --json).`,
  );

function classified(seen: SeenDocument, matches: readonly string[]): Classified {
  const { observation } = seen;
  const told = observation.evidence ?? [];
  if (observation.status === "lost") return { class: observation.verdict ?? "lost", evidence: told };
  if (observation.status === "cancelled")
    return { class: observation.verdict ?? "cancelled_elsewhere", evidence: told };
  return classify({
    observation: { ...observation, matches },
    step: { failures: {} },
    resources: { cpu: 1, memory: "1GiB", ...seen.resources },
    ranSeconds: seen.ranSeconds,
    vanishedBefore: seen.vanishedBefore,
  });
}

const matchesOf = (
  { observation }: SeenDocument,
  rules: readonly Rule[],
  patterns: Patterns | undefined,
): string[] =>
  patterns?.matching(
    rules.flatMap((rule) => rule.when.log ?? []),
    observation.log_tail ?? "",
  ) ?? [];

/** Waits in reasoning are counted from here: no clock is asked, because only the length is said. */
const NOW = "2000-01-01T00:00:00.000Z";

function judged(
  seen: SeenDocument,
  found: Classified,
  { rules, matches }: { readonly rules: readonly Rule[]; readonly matches: readonly string[] },
): Verdict {
  const job = supposedJob(seen, found, NOW);
  return decide({
    job,
    class: found.class,
    evidence: found.evidence,
    exitCode: seen.observation.exit_code ?? null,
    matches,
    ran: seen.observation.ran !== false,
    certainlyOver: found.class !== "lost" || seen.observation.certain === true,
    rules,
    round: Math.max(1, ...job.decisions.map((decision) => decision.round)),
    largest: {},
    now: NOW,
    hopeless: null,
    capped: null,
  });
}

/** A dependency that can never be met any more: Slurm keeps such a job for ever. */
const NEVER = "DependencyNeverSatisfied";

function withoutFailure(seen: SeenDocument): Explanation {
  const { state, waiting, observation } = seen;
  const told = observation.evidence ?? [];
  const source = seen.executor === "gcp_batch" ? "event" : "executor";
  const never = waiting?.detail === NEVER;
  return {
    state,
    class: null,
    exit_code: state === "succeeded" || state === "failed" ? (observation.exit_code ?? null) : null,
    waiting,
    evidence: waiting && told.length === 0 ? [{ source, text: waiting.detail }] : told,
    reasoning: sayState(seen, never),
    action: never ? "fail" : waiting || state === null ? "wait" : null,
  };
}
