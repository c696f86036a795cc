import { ApiError } from "../model.ts";

/** google.rpc.Code by number: its name and the HTTP code that Google's front end makes of it (google/rpc/code.proto). */
const CODES: readonly (readonly [string, number])[] = [
  ["OK", 200],
  ["CANCELLED", 499],
  ["UNKNOWN", 500],
  ["INVALID_ARGUMENT", 400],
  ["DEADLINE_EXCEEDED", 504],
  ["NOT_FOUND", 404],
  ["ALREADY_EXISTS", 409],
  ["PERMISSION_DENIED", 403],
  ["RESOURCE_EXHAUSTED", 429],
  ["FAILED_PRECONDITION", 400],
  ["ABORTED", 409],
  ["OUT_OF_RANGE", 400],
  ["UNIMPLEMENTED", 501],
  ["INTERNAL", 500],
  ["UNAVAILABLE", 503],
  ["DATA_LOSS", 500],
  ["UNAUTHENTICATED", 401],
];

export interface ErrorAnswer {
  readonly httpCode: number;
  readonly body: { readonly error: Readonly<Record<string, unknown>> };
}

/** The envelope that REST clients of Google's APIs read. */
export function errorAnswer(error: ApiError): ErrorAnswer {
  const [status, httpCode] = CODES[error.code] ?? CODES[2]!;
  const details = error.details.length > 0 ? { details: error.details } : {};
  return { httpCode, body: { error: { code: httpCode, message: error.message, status, ...details } } };
}

/** What is no `ApiError` is a bug of the emulator: it is shown where the emulator runs, not to the client. */
export function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  console.error("batch emulator:", error);
  return new ApiError(13, "Internal error encountered.");
}
