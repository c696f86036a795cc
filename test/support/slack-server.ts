import http from "node:http";
import { text as readText } from "node:stream/consumers";
import { onLoopback } from "./loopback.ts";
import { payloadProblem } from "./slack-rules.ts";
import { openSlackWorkspace, type SlackWorkspace } from "./slack-workspace.ts";

/** What the server does with one post instead of judging it. */
export type SlackScript =
  /** Answers; the body as it is. */
  | { readonly status: number; readonly body?: string; readonly headers?: Readonly<Record<string, string>> }
  /** Takes the request and says nothing. */
  | "hang"
  /** Takes the whole request, then resets the connection. */
  | "reset"
  /** Sends the status line and half a body, then resets. */
  | "half";

export interface SlackReceived {
  /** Of a webhook the parsed JSON, of the Web API the form with its JSON fields parsed; else the raw text. */
  readonly payload: unknown;
  readonly path: string;
  readonly headers: http.IncomingHttpHeaders;
  /** The status it was answered with; null when it was not answered whole. */
  readonly status: number | null;
}

export interface SlackServer {
  /** Of its one working webhook. */
  readonly webhookUrl: string;
  /** Of its Web API. */
  readonly apiUrl: string;
  /** What bots have posted and edited there. */
  readonly workspace: SlackWorkspace;
  readonly received: readonly SlackReceived[];
  /** What happens to the next posts, in order; afterwards they are judged again. */
  script(...answers: readonly SlackScript[]): void;
  close(): Promise<void>;
}

export interface SlackServerOptions {
  /** One message a second and channel, as Slack enforces; its clock in milliseconds. */
  readonly pacedBy?: () => number;
}

const TEAM = "T0LAB0000";
const SERVICE = "B0HOOK0000";
const TOKEN = "s3cr3tT0kenOfTheLab00000";

/** Slack's side of an incoming webhook and of a bot's Web API, on loopback: its limits, its error words, its pace. Close it at the end. */
export async function startSlackServer(options: SlackServerOptions = {}): Promise<SlackServer> {
  const received: SlackReceived[] = [];
  const scripted: SlackScript[] = [];
  const workspace = openSlackWorkspace(options);
  let lastAt = -Infinity;

  const judge = (request: http.IncomingMessage, body: string): Exclude<SlackScript, string> => {
    if (isApi(request))
      return workspace.answer(request.url!.slice(API.length), request.headers, formOf(body));
    const problem = addressProblem(request.url ?? "") ?? payloadProblem(body);
    if (problem) return problem;
    const now = options.pacedBy?.() ?? Infinity;
    if (now - lastAt < 1_000) return TOO_FAST;
    if (options.pacedBy) lastAt = now;
    return { status: 200, body: "ok" };
  };

  const server = http.createServer(async (request, response) => {
    const body = await readText(request);
    const answer = scripted.shift() ?? judge(request, body);
    received.push({
      payload: isApi(request) ? formOf(body) : parsed(body),
      path: request.url ?? "",
      headers: request.headers,
      status: typeof answer === "string" ? null : answer.status,
    });
    reply(response, answer);
  });
  const { url, close } = await onLoopback(server);

  return {
    webhookUrl: `${url}/services/${TEAM}/${SERVICE}/${TOKEN}`,
    apiUrl: `${url}${API}`,
    workspace,
    received,
    script: (...answers) => void scripted.push(...answers),
    close,
  };
}

const API = "/api/";
const isApi = (request: http.IncomingMessage): boolean => request.url?.startsWith(API) ?? false;

/** A form's fields; those that hold JSON are parsed, as Slack does. */
function formOf(body: string): Record<string, unknown> {
  const fields = [...new URLSearchParams(body)];
  return Object.fromEntries(fields.map(([name, text]) => [name, name === "blocks" ? parsed(text) : text]));
}

const TOO_FAST = {
  status: 429,
  body: JSON.stringify({ retry_after: 1, ok: false, error: "rate_limited" }),
  headers: { "retry-after": "1" },
};

/** Slack's words for a URL that is not, or no longer, a webhook's. */
function addressProblem(path: string): { status: number; body: string } | null {
  const [, root, team, service, token] = path.split("/");
  if (root !== "services" || team !== TEAM) return { status: 404, body: "no_team" };
  if (service !== SERVICE) return { status: 404, body: "no_service" };
  return token === TOKEN ? null : { status: 400, body: "invalid_token" };
}

function reply(response: http.ServerResponse, answer: SlackScript): void {
  if (answer === "hang") return;
  if (answer === "reset") return void response.socket?.resetAndDestroy();
  if (answer === "half") {
    response.writeHead(200, { "content-length": "100" });
    response.write("o", () => response.socket?.resetAndDestroy());
    return;
  }
  response.writeHead(answer.status, { "content-type": "text/plain", ...answer.headers });
  response.end(answer.body ?? "");
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}
