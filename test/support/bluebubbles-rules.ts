/** What BlueBubbles 1.9.9 refuses before it does anything, in its own order and words. */
import Validator from "validatorjs";

export interface Refused {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

const SEND_TEXT = {
  chatGuid: "required|string",
  tempGuid: "string",
  message: "present|string",
  method: "string|in:apple-script,private-api",
  effectId: "string",
  subject: "string",
  selectedMessageGuid: "string",
  partIndex: "numeric|min:0",
  ddScan: "boolean",
};

const QUERY = {
  with: "array",
  convertAttachments: "boolean",
  where: "array",
  sort: "string|in:ASC,DESC",
  after: "numeric|min:0",
  before: "numeric|min:1",
  chatGuid: "string",
  offset: "numeric|min:0",
  limit: "numeric|min:1|max:1000",
};

export type Body = Readonly<Record<string, unknown>>;

/** The query string alone, first of all: `guid`, `password` or `token`. */
export function authProblem(query: URLSearchParams, password: string): Refused | null {
  const given = query.get("guid") ?? query.get("password") ?? query.get("token");
  if (given === null || given === "") return unauthorized("Missing server password!");
  return given.trim() === password.trim() ? null : unauthorized("Unauthorized");
}

const unauthorized = (message: string): Refused => ({
  status: 401,
  body: {
    status: 401,
    message: "You are not authorized to access this resource",
    error: { type: "Authentication Error", message },
  },
});

export const queryProblem = (body: Body): Refused | null => ruleProblem(body, QUERY);

/** The rules, then what the chosen method wants, then what is being sent already. */
export function textProblem(body: Body, sending: ReadonlySet<string>): Refused | null {
  const broken = ruleProblem(body, SEND_TEXT);
  if (broken) return broken;
  const forced = ["effectId", "subject", "selectedMessageGuid", "ddScan", "attributedBody"].some(
    (key) => body[key],
  );
  const method = forced ? "private-api" : (body["method"] ?? "apple-script");
  const { tempGuid, message, subject } = body;
  if (method === "apple-script" && !tempGuid) {
    return badRequest("A 'tempGuid' is required when sending via AppleScript");
  }
  if (method === "apple-script" && !message) {
    return badRequest("A 'message' is required when sending via AppleScript");
  }
  if (method === "private-api" && !message && !subject) {
    return badRequest("A 'message' or 'subject' is required when sending via the Private API");
  }
  if (sending.has(String(tempGuid))) {
    return badRequest(`Message is already queued to be sent! (Temp GUID: ${tempGuid})`);
  }
  return null;
}

function ruleProblem(body: Body, rules: Readonly<Record<string, string>>): Refused | null {
  const validator = new Validator(body, rules);
  if (validator.passes()) return null;
  return badRequest(Object.values(validator.errors.all())[0]![0]!);
}

export const badRequest = (message: string): Refused => ({
  status: 400,
  body: {
    status: 400,
    message: "You've made a bad request! Please check your request params & body",
    error: { type: "Validation Error", message },
  },
});

/** Whatever goes wrong with a sending: also what was sent all the same. */
export const sendError = (message: string, data?: unknown): Refused => ({
  status: 500,
  body: {
    status: 500,
    message: "Message Send Error",
    error: { type: "iMessage Error", message },
    ...(data === undefined ? {} : { data }),
  },
});
