import { cutText } from "../../core/message.ts";
import { AdapterError } from "../../ports.ts";

/** What a failed call means, in our words; callers choose by it. */
export type CloudErrorCode =
  | "not_found"
  | "no_bucket"
  | "conflict"
  | "permission"
  | "unauthenticated"
  | "rate_limited"
  | "unavailable"
  | "timeout"
  | "refused";

interface Diagnosis {
  readonly code: CloudErrorCode;
  /** What came back. */
  readonly reason: string;
  readonly remedy: string;
}

/** Those that pass by waiting a little; `conflict` passes by looking again. */
const PASSING: readonly string[] = ["rate_limited", "unavailable", "timeout"] satisfies CloudErrorCode[];

export const isPassing = (error: unknown): boolean =>
  error instanceof AdapterError && PASSING.includes(error.code);

export const hasCode = (error: unknown, code: CloudErrorCode): boolean =>
  error instanceof AdapterError && error.code === code;

/** What is known of the call, for the remedy. */
export interface CallFacts {
  readonly bucket: string;
  /** Null: the credentials' own. */
  readonly projectId: string | null;
}

/** `attempted`, what came back, and what to do next, as the error that callers of a port expect. Never a secret. */
export function cloudError(attempted: string, error: unknown, facts: CallFacts): AdapterError {
  if (error instanceof AdapterError) return error;
  const { code, reason, remedy } = diagnose(error, facts);
  const retryable = code === "conflict" || PASSING.includes(code);
  return new AdapterError(`${attempted}: ${reason}. ${remedy}`, { code, retryable, cause: error });
}

function diagnose(error: unknown, facts: CallFacts): Diagnosis {
  const words = wordsOf(error);
  if (NO_CREDENTIALS.test(words)) return unauthenticated("no usable credentials were found");
  const status = statusOf(error);
  return status === null ? networkTrouble(error, words) : byStatus(status, words, error, facts);
}

/** google-auth-library's words when there are none, or they have expired and cannot be renewed. */
const NO_CREDENTIALS =
  /could not load the default credentials|invalid_grant|invalid_rapt|could not refresh access token|reauth|token has been expired/i;

const unauthenticated = (reason: string): Diagnosis => ({
  code: "unauthenticated",
  reason,
  remedy:
    "Sign in again (gcloud auth application-default login), or look at the service account that this runs as.",
});

function byStatus(status: number, words: string, error: unknown, facts: CallFacts): Diagnosis {
  const said = `${status}: ${words}`;
  if (status === 401) return unauthenticated(`the credentials were refused (${said})`);
  if (status === 403) return forbidden(said, error, facts);
  if (status === 404) return missing(words, facts);
  if (status === 412)
    return {
      code: "conflict",
      reason: `somebody else changed it meanwhile (${said})`,
      remedy: "It is looked at again, and tried again.",
    };
  if (status === 429)
    return {
      code: "rate_limited",
      reason: `too many requests (${said})`,
      remedy: "It is tried again later.",
    };
  if (status === 408 || status === 504)
    return { code: "timeout", reason: `no answer in time (${said})`, remedy: "It is tried again." };
  if (status >= 500)
    return { code: "unavailable", reason: `Cloud Storage failed (${said})`, remedy: "It is tried again." };
  return {
    code: "refused",
    reason: `Cloud Storage refused it (${said})`,
    remedy: "Mend what it names, then try again.",
  };
}

/** A 403 may also be a quota's, or an account's without billing. */
function forbidden(said: string, error: unknown, { bucket, projectId }: CallFacts): Diagnosis {
  const reason = reasonOf(error);
  if (/ratelimit/i.test(reason))
    return {
      code: "rate_limited",
      reason: `too many requests (${said})`,
      remedy: "It is tried again later.",
    };
  const project = projectId === null ? "" : ` (this is project ${projectId})`;
  const remedy = /billing|accountDisabled/i.test(`${reason} ${said}`)
    ? "Turn billing on for the bucket's project."
    : `Give the account that this runs as roles/storage.objectUser on gs://${bucket}, or mend the address: the bucket may be another project's${project}.`;
  return { code: "permission", reason: `permission denied (${said})`, remedy };
}

function missing(words: string, { bucket, projectId }: CallFacts): Diagnosis {
  if (!/bucket does not exist/i.test(words))
    return {
      code: "not_found",
      reason: `there is no such object (404: ${words})`,
      remedy: "Mend the address.",
    };
  const project = projectId === null ? "" : ` --project=${projectId}`;
  return {
    code: "no_bucket",
    reason: `there is no bucket gs://${bucket} (404)`,
    remedy: `Mend the address, or make it: gcloud storage buckets create gs://${bucket}${project}.`,
  };
}

function networkTrouble(error: unknown, words: string): Diagnosis {
  const code = codeOf(error);
  if (/timeout|ESOCKETTIMEDOUT|ETIMEDOUT|aborted/i.test(`${code} ${words}`))
    return { code: "timeout", reason: `no answer in time (${code || words})`, remedy: "It is tried again." };
  return {
    code: "unavailable",
    reason: `Cloud Storage cannot be reached, or the connection broke (${code || words})`,
    remedy: "It is tried again; is the network there?",
  };
}

type Loose = {
  readonly code?: unknown;
  readonly status?: unknown;
  readonly message?: unknown;
  readonly errors?: readonly { readonly reason?: unknown; readonly message?: unknown }[];
  readonly response?: { readonly status?: unknown; readonly statusCode?: unknown };
};

const looseOf = (error: unknown): Loose => (typeof error === "object" && error !== null ? error : {});

/** The HTTP status, wherever one of the client's layers put it. */
function statusOf(error: unknown): number | null {
  const { code, status, response } = looseOf(error);
  const numbers = [code, status, response?.status, response?.statusCode].map(Number);
  return numbers.find((number) => Number.isInteger(number) && number >= 300 && number < 600) ?? null;
}

function codeOf(error: unknown): string {
  const { code } = looseOf(error);
  return typeof code === "string" ? code : "";
}

const reasonOf = (error: unknown): string => String(looseOf(error).errors?.[0]?.reason ?? "");

const MAX_WORDS = 300;

/** The provider's own sentence, on one line. Addresses lose what stands behind `?`: an upload's id opens it. */
function wordsOf(error: unknown): string {
  const { errors, message } = looseOf(error);
  const text = String(errors?.[0]?.message ?? message ?? error);
  const short = text
    .replace(/(https?:\/\/[^\s?]+)\?\S*/g, "$1")
    .replace(/\s+/g, " ")
    .trim();
  return cutText(short, MAX_WORDS).replace(/\.$/, "");
}
