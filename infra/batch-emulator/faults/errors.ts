import { ApiError, type Call } from "../model.ts";

/** google.rpc.Code by name, with the HTTP code that the service gives for it. */
const CODES: Readonly<Record<string, readonly [grpc: number, http: number]>> = {
  CANCELLED: [1, 499],
  INVALID_ARGUMENT: [3, 400],
  DEADLINE_EXCEEDED: [4, 504],
  NOT_FOUND: [5, 404],
  ALREADY_EXISTS: [6, 409],
  PERMISSION_DENIED: [7, 403],
  RESOURCE_EXHAUSTED: [8, 429],
  FAILED_PRECONDITION: [9, 412],
  UNIMPLEMENTED: [12, 501],
  INTERNAL: [13, 500],
  UNAVAILABLE: [14, 503],
  UNAUTHENTICATED: [16, 401],
};

/** The gRPC code of an HTTP code or of a status name; null for anything else. */
export function codeOf(given: number | string): number | null {
  if (typeof given === "string") return CODES[given]?.[0] ?? null;
  return Object.values(CODES).find(([, http]) => http === given)?.[0] ?? null;
}

/** What the service says with a code, unless the rule has its own words. */
export function faultError(code: number, call: Call, message: string | null): ApiError {
  const details = code === 8 ? [quotaDetail(call)] : [];
  return new ApiError(
    code,
    message ?? WORDS[code]?.(call) ?? "The emulator's scenario wants this call to fail.",
    details,
  );
}

const METRIC = "batch.googleapis.com/read_requests";

const WORDS: Readonly<Record<number, (call: Call) => string>> = {
  3: () => "Request contains an invalid argument.",
  4: () => "Deadline exceeded",
  5: ({ project, location, job }) =>
    `Resource "projects/${project}/locations/${location}/jobs/${job}" was not found`,
  7: ({ method, project, location }) =>
    `Permission 'batch.${permission(method)}' denied on resource '//batch.googleapis.com/projects/${project}/locations/${location}' (or it may not exist).`,
  8: ({ project }) =>
    `Quota exceeded for quota metric '${METRIC}' and limit 'Read requests per minute per region' of service 'batch.googleapis.com' for consumer 'projects/${project}'.`,
  13: () => "Internal error encountered.",
  14: () => "The service is currently unavailable.",
  16: () =>
    "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.",
};

/** `CreateJob` is `jobs.create`. */
function permission(method: string): string {
  const [, verb = "get", noun = "Job"] = /^([A-Z][a-z]+)(.+?)s?$/.exec(method) ?? [];
  return `${noun.toLowerCase()}s.${verb === "Cancel" ? "delete" : verb.toLowerCase()}`;
}

const quotaDetail = ({ project, location }: Call): Record<string, unknown> => ({
  "@type": "type.googleapis.com/google.rpc.ErrorInfo",
  reason: "RATE_LIMIT_EXCEEDED",
  domain: "googleapis.com",
  metadata: {
    service: "batch.googleapis.com",
    consumer: `projects/${project}`,
    quota_location: location,
    quota_metric: METRIC,
  },
});
