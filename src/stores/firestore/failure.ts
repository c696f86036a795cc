import { AdapterError } from "../../ports.ts";

/** gRPC's status codes, as Google's client gives them: https://grpc.github.io/grpc/core/md_doc_statuscodes.html */
export const CODE = {
  cancelled: 1,
  unknown: 2,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  alreadyExists: 6,
  permissionDenied: 7,
  resourceExhausted: 8,
  failedPrecondition: 9,
  aborted: 10,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const;

interface Meaning {
  readonly code: string;
  readonly retryable: boolean;
  readonly remedy: string;
}

const MEANINGS: Readonly<Record<number, Meaning>> = {
  [CODE.invalidArgument]: {
    code: "store_refused",
    retryable: false,
    remedy: "Nothing was written. Report this with the text above.",
  },
  [CODE.notFound]: {
    code: "store_missing",
    retryable: false,
    remedy:
      "Create the database (`terraform apply`, or `gcloud firestore databases create`), or name another with BIOAGENT_DATABASE and GOOGLE_CLOUD_PROJECT.",
  },
  [CODE.permissionDenied]: {
    code: "store_denied",
    retryable: false,
    remedy:
      "Give the account roles/datastore.user on this database (its IAM condition names one database), and see that the Firestore API is enabled.",
  },
  [CODE.unauthenticated]: {
    code: "store_credentials",
    retryable: false,
    remedy: "Log in again with `gcloud auth application-default login`.",
  },
  [CODE.resourceExhausted]: {
    code: "store_quota",
    retryable: true,
    remedy: "A quota of the project is used up; the next tick tries again.",
  },
  [CODE.failedPrecondition]: {
    code: "store_index",
    retryable: false,
    remedy:
      "Deploy infra/firestore.indexes.json (`terraform apply`) and wait until the index is built; or see that the database is in Native mode.",
  },
};
const AWAY: Meaning = {
  code: "store_unavailable",
  retryable: true,
  remedy: "Firestore is away or slow; nothing was half-written, and the next tick tries again.",
};
const NO_CREDENTIALS: Meaning = {
  code: "store_credentials",
  retryable: false,
  remedy: "Log in with `gcloud auth application-default login`, or run where a service account is attached.",
};

/** The status code of an error that Google's client threw; null for any other error. */
export const codeOf = (error: unknown): number | null =>
  error instanceof Error && "code" in error && typeof error.code === "number" ? error.code : null;

/** The same error, or what Firestore said as an `AdapterError`: `what` was attempted (`commit run x`) on `place`. */
export function storeFailure(error: unknown, what: string, place: string): Error {
  if (error instanceof AdapterError) return error;
  const said = error instanceof Error ? error.message : String(error);
  const meaning = meaningOf(error, said);
  if (meaning === null) return error instanceof Error ? error : new Error(said);
  const { code, retryable, remedy } = meaning;
  return new AdapterError(`Firestore ${place}: cannot ${what}: ${said} ${remedy}`, {
    code,
    retryable,
    cause: error,
  });
}

function meaningOf(error: unknown, said: string): Meaning | null {
  const code = codeOf(error);
  if (code !== null) return MEANINGS[code] ?? AWAY;
  if (/credentials|invalid_grant|Unable to detect a Project Id/i.test(said)) return NO_CREDENTIALS;
  // The client's own words for a connection that broke.
  return /ECONN|ENOTFOUND|EAI_AGAIN|socket|network/i.test(said) ? AWAY : null;
}

/** The call did not come back in time: it may have been done. */
export const timedOut = (what: string, place: string, milliseconds: number): AdapterError =>
  new AdapterError(
    `Firestore ${place}: cannot ${what}: no answer within ${milliseconds / 1000} s. ${AWAY.remedy}`,
    { code: "store_unavailable", retryable: true },
  );
