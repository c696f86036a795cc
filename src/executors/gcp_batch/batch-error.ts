import { cutText } from "../../core/message.ts";
import { AdapterError } from "../../ports.ts";

/** What kind of refusal it was, whichever wire it came over. */
export type BatchErrorKind =
  | "exists"
  | "not_found"
  | "permission"
  | "invalid"
  | "quota"
  | "unavailable"
  | "deadline"
  | "unauthenticated"
  | "other";

/** A call to Batch that failed; `text` is the provider's own words with its status in front. */
export class BatchError extends AdapterError {
  readonly kind: BatchErrorKind;
  readonly text: string;
  constructor(attempted: string, { kind, text }: ErrorFacts, cause: unknown) {
    super(`${attempted}: ${text}. ${REMEDY[kind]}`, {
      code: `batch_${kind}`,
      retryable: kind === "quota" || kind === "unavailable" || kind === "deadline" || kind === "other",
      cause,
    });
    this.name = "BatchError";
    this.kind = kind;
    this.text = text;
  }
}

const REMEDY: Readonly<Record<BatchErrorKind, string>> = {
  exists: "There is one already.",
  not_found: "It is not there, or not visible to this account.",
  permission: "Grant this account the role that it names.",
  invalid: "Mend what the message names.",
  quota: "It is tried again; a higher quota may be asked for in the Cloud Console.",
  unavailable: "It is tried again.",
  deadline: "It is tried again.",
  unauthenticated: "Log in again: gcloud auth application-default login, or mend the service account.",
  other: "It is tried again.",
};

export interface ErrorFacts {
  readonly kind: BatchErrorKind;
  readonly text: string;
}

/** google.rpc.Code, by number: the word, and what it means here. */
const GRPC: Readonly<Record<number, readonly [string, BatchErrorKind]>> = {
  1: ["CANCELLED", "other"],
  2: ["UNKNOWN", "other"],
  3: ["INVALID_ARGUMENT", "invalid"],
  4: ["DEADLINE_EXCEEDED", "deadline"],
  5: ["NOT_FOUND", "not_found"],
  6: ["ALREADY_EXISTS", "exists"],
  7: ["PERMISSION_DENIED", "permission"],
  8: ["RESOURCE_EXHAUSTED", "quota"],
  9: ["FAILED_PRECONDITION", "invalid"],
  10: ["ABORTED", "unavailable"],
  11: ["OUT_OF_RANGE", "invalid"],
  13: ["INTERNAL", "other"],
  14: ["UNAVAILABLE", "unavailable"],
  16: ["UNAUTHENTICATED", "unauthenticated"],
};
const KIND_OF_WORD = new Map(Object.values(GRPC));

const HTTP: Readonly<Record<number, string>> = {
  400: "INVALID_ARGUMENT",
  401: "UNAUTHENTICATED",
  403: "PERMISSION_DENIED",
  404: "NOT_FOUND",
  409: "ALREADY_EXISTS",
  412: "FAILED_PRECONDITION",
  429: "RESOURCE_EXHAUSTED",
  500: "INTERNAL",
  502: "UNAVAILABLE",
  503: "UNAVAILABLE",
  504: "DEADLINE_EXCEEDED",
};

/**
 * One shape for what the client throws. Over gRPC `code` is a google.rpc.Code and the message starts with it; over REST
 * (`fallback: true`) it is a GaxiosError: `code` is the HTTP status and the message the raw JSON body; a connection or a
 * login that fails has neither.
 */
export function readCallError(error: unknown): ErrorFacts {
  const { code, status, message } = fieldsOf(error);
  const number = Number(code ?? status);
  if (Number.isInteger(number) && number >= 100) return ofHttp(number, message);
  const [word, kind] = GRPC[number] ?? [];
  if (word !== undefined && kind !== undefined) {
    const plain = message.replace(new RegExp(`^${number} ${word}:\\s*`), "");
    return loginOr({ kind, text: short(`${word}: ${plain}`) });
  }
  return ofTransport(String(code ?? ""), message);
}

function fieldsOf(error: unknown): { code: unknown; status: unknown; message: string } {
  if (error === null || typeof error !== "object")
    return { code: null, status: null, message: String(error) };
  const { code, status, message } = error as { code?: unknown; status?: unknown; message?: unknown };
  return { code, status, message: typeof message === "string" ? message : String(error) };
}

function ofHttp(number: number, message: string): ErrorFacts {
  const said = bodyOf(message);
  const fallback = HTTP[number] ?? (number >= 500 ? "UNAVAILABLE" : "UNKNOWN");
  const word = KIND_OF_WORD.has(said.status) ? said.status : fallback;
  return { kind: KIND_OF_WORD.get(word) ?? "other", text: short(`${word}: ${said.message}`) };
}

/** The error inside a REST body; the text itself when it is no such body. */
function bodyOf(text: string): { status: string; message: string } {
  try {
    const parsed = JSON.parse(text) as { error?: { status?: unknown; message?: unknown } };
    return {
      status: String(parsed.error?.status ?? ""),
      message: String(parsed.error?.message ?? text),
    };
  } catch {
    return { status: "", message: text }; // a proxy's page, say
  }
}

const AWAY = /^(?:ECONN(?:REFUSED|RESET|ABORTED)|E(?:HOST|NET)UNREACH|ETIMEDOUT|EPIPE|ENOTFOUND|EAI_AGAIN)$/;

function ofTransport(code: string, message: string): ErrorFacts {
  if (AWAY.test(code)) return { kind: "unavailable", text: short(`UNAVAILABLE: ${message}`) };
  return loginOr({ kind: "other", text: short(message) });
}

const LOGIN =
  /Could not load the default credentials|invalid_grant|invalid_rapt|reauth|Unable to detect a Project Id|Getting metadata from plugin failed/i;

/** The client reports a login that it could not use under other codes, even as UNAVAILABLE. */
const loginOr = (facts: ErrorFacts): ErrorFacts =>
  LOGIN.test(facts.text) ? { ...facts, kind: "unauthenticated" } : facts;

const LONGEST = 1000;
const short = (text: string): string => cutText(text.replace(/\s+/g, " ").trim(), LONGEST).replace(/\.$/, "");
