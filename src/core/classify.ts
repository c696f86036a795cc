import type { Evidence } from "./job.ts";
import { logEvidence } from "./log-evidence.ts";
import type { Observation } from "./observation.ts";
import type { Step } from "./pipeline.ts";
import { secondsOf } from "./quantity.ts";
import type { Resources } from "./resources.ts";
import type { FailureClass } from "./status.ts";

/** What an attempt that failed is judged by. */
export interface Failure {
  readonly observation: Observation;
  readonly step: Pick<Step, "failures">;
  readonly resources: Resources;
  /** Seconds it ran, if known. */
  readonly ranSeconds: number | null;
  /** How many earlier attempts of this job the machine vanished under (50002 after RUNNING, on a standard VM). */
  readonly vanishedBefore?: number;
}

export interface Classified {
  readonly class: FailureClass;
  readonly evidence: readonly Evidence[];
}

/**
 * Why an attempt failed. The order is the contract: the executor's own verdict, a reserved code, the provider's
 * words, what the step declares, what the log says, the exit code. Failed with nothing at all is `app`.
 */
export function classify(failure: Failure): Classified {
  return (
    byVerdict(failure) ??
    byReservedCode(failure) ??
    byProviderText(failure) ??
    byDeclaration(failure) ??
    byLog(failure) ??
    byExitCode(failure)
  );
}

const told = (failure: Failure): readonly Evidence[] => failure.observation.evidence ?? [];
const codeEvidence = (code: number): Evidence => ({ source: "exit_code", text: `exit code ${code}` });

function byVerdict(failure: Failure): Classified | null {
  const { verdict, exit_code } = failure.observation;
  if (!verdict) return null;
  const code = typeof exit_code === "number" ? [codeEvidence(exit_code)] : [];
  return { class: verdict, evidence: [...code, ...told(failure)] };
}

/** Batch's own codes: 50001 preemption, 50002 lost VM, 50003 reboot, 50004 unresponsive, 50005 time, 50006 recreated. */
function byReservedCode(failure: Failure): Classified | null {
  const code = failure.observation.exit_code ?? 0;
  if (code < 50000 || code > 59999) return null;
  return { class: reservedClass(code, failure), evidence: [codeEvidence(code), ...told(failure)] };
}

function reservedClass(code: number, failure: Failure): FailureClass {
  if (code === 50001) return "preempted";
  if (code === 50005) return "timeout";
  const ran = failure.observation.ran !== false && failure.ranSeconds !== null;
  const standard = failure.resources.spot !== true;
  if (code === 50002 && ran && standard && (failure.vanishedBefore ?? 0) > 0) return "oom";
  return "infra";
}

const PROVIDER_TEXT: readonly (readonly [FailureClass, RegExp])[] = [
  [
    "infra",
    /toomanyrequests|429 Too Many Requests|pull rate limit|registry.*(?:\b5\d\d\b|timed? ?out|timeout)/i,
  ],
  [
    "image",
    /manifest (?:unknown|for .* not found)|pull access denied|repository does not exist|no matching manifest|exec format error|failed to pull image|ImagePullBackOff|error pulling image|invalid reference format/i,
  ],
  [
    "permission",
    /PERMISSION_DENIED|does not have (?:the )?permission|does not have access to (?:act as|service account)|lacks? permission|caller does not have|SERVICE_ACCOUNT_ACCESS_DENIED|Required '[\w.]+' permission|\b403 Forbidden\b/i,
  ],
  [
    "config",
    /INVALID_ARGUMENT|INVALID_FIELD_VALUE|CODE_GCE_BAD_REQUEST|CODE_MACHINE_TYPE_NOT_FOUND|SERVICE_ACCOUNT_MISMATCH|Constraint constraints\/|Networks must be distinct|field is invalid|BOOT_DISK_TOO_SMALL|not found: (?:network|subnetwork)|invalid (?:machine type|zone|network)/i,
  ],
];

/** Only what the provider said in an event, never what the script printed: a 403 in a sample's script is `app`. */
function byProviderText(failure: Failure): Classified | null {
  const events = told(failure).filter((item) => item.source === "event");
  for (const [found, pattern] of PROVIDER_TEXT) {
    if (events.some((item) => pattern.test(item.text))) return { class: found, evidence: told(failure) };
  }
  return null;
}

function byDeclaration(failure: Failure): Classified | null {
  const { exit_code, matches = [] } = failure.observation;
  for (const [name, declared] of Object.entries(failure.step.failures)) {
    const code =
      typeof exit_code === "number" && declared?.exit_code?.some((codes) => holds(codes, exit_code));
    const pattern = declared?.log?.find((text) => matches.includes(text));
    if (!code && pattern === undefined) continue;
    const evidence: Evidence[] = [...told(failure)];
    if (typeof exit_code === "number") evidence.unshift(codeEvidence(exit_code));
    if (pattern !== undefined) evidence.push({ source: "pattern", text: pattern });
    return { class: name as FailureClass, evidence };
  }
  return null;
}

/** Whether an exit code is the one, or in the range, that a rule or a step names. */
export function holds(codes: number | string, code: number): boolean {
  if (typeof codes === "number") return codes === code;
  const [low, high] = codes.split("-").map(Number);
  return code >= low! && code <= high!;
}

function byLog(failure: Failure): Classified | null {
  const found = logEvidence(failure.observation.log_tail ?? "");
  if (!found) return null;
  // "Permission denied" and "not found" in a log are the shell's words only together with its own codes.
  const code = failure.observation.exit_code;
  const shellWords = /: not found$|: Permission denied$/i.test(found.line);
  if (shellWords && code !== 126 && code !== 127) return null;
  const evidence: Evidence[] = [{ source: "log", text: found.line }, ...told(failure)];
  if (typeof code === "number") evidence.unshift(codeEvidence(code));
  return { class: found.class, evidence };
}

/** Of the time limit, from which on a SIGTERM (143) is taken for it. */
const NEAR_LIMIT = 0.9;

function byExitCode(failure: Failure): Classified {
  const { exit_code: code, ran } = failure.observation;
  const evidence = [...(typeof code === "number" ? [codeEvidence(code)] : []), ...told(failure)];
  if (code === 137) return { class: "oom", evidence };
  if (code === 124 || code === 140 || (code === 143 && nearLimit(failure)))
    return { class: "timeout", evidence };
  if (code === 126 || code === 127) return { class: "not_executable", evidence };
  if (ran === false) return { class: "infra", evidence };
  return { class: "app", evidence };
}

function nearLimit({ resources, ranSeconds }: Failure): boolean {
  return (
    resources.time !== undefined &&
    ranSeconds !== null &&
    ranSeconds >= NEAR_LIMIT * secondsOf(resources.time)
  );
}
