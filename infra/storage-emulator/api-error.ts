/** What the JSON API says when it refuses; the words are the service's own. */
export class ApiError extends Error {
  readonly status: number;
  readonly reason: string;
  /** Further members of the one entry in `errors`, such as `location`. */
  readonly detail: Readonly<Record<string, string>>;
  constructor(
    status: number,
    reason: string,
    message: string,
    detail: Readonly<Record<string, string>> = { domain: "global" },
  ) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.reason = reason;
    this.detail = detail;
  }
}

/** The error envelope of the JSON API. */
export function envelope({ status, reason, message, detail }: ApiError): unknown {
  return { error: { code: status, message, errors: [{ message, ...detail, reason }] } };
}

export const noSuchObject = (bucket: string, name: string): ApiError =>
  new ApiError(404, "notFound", `No such object: ${bucket}/${name}`);

export const noSuchBucket = (): ApiError =>
  new ApiError(404, "notFound", "The specified bucket does not exist.");

export const invalid = (message: string): ApiError => new ApiError(400, "invalid", message);

export const conditionNotMet = (): ApiError =>
  new ApiError(412, "conditionNotMet", "At least one of the pre-conditions you specified did not hold.", {
    domain: "global",
    locationType: "header",
    location: "If-Match",
  });

export const notModified = (): ApiError => new ApiError(304, "notModified", "Not Modified");

export const tooManyWrites = (bucket: string, name: string): ApiError =>
  new ApiError(
    429,
    "rateLimitExceeded",
    `The object ${bucket}/${name} exceeded the rate limit for object mutation operations (create, update, and delete). Please reduce your request rate. See https://cloud.google.com/storage/docs/gcs429.`,
    { domain: "usageLimits" },
  );
