import http from "node:http";
import { text as readText } from "node:stream/consumers";
import { Webhook } from "standardwebhooks";
import { onLoopback } from "./loopback.ts";
import { cloudEventProblem } from "./webhook-event-schema.ts";

/** What the server does with one post instead of judging it. */
export type WebhookScript =
  | { readonly status: number; readonly body?: string; readonly headers?: Readonly<Record<string, string>> }
  /** Takes the request and says nothing. */
  | "hang"
  /** Takes the whole request, then resets the connection. */
  | "reset"
  /** Sends the status line and half a body, then resets. */
  | "half";

export interface WebhookReceived {
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
  readonly path: string;
  /** Why it would refuse the post; null when it takes it. */
  readonly problem: string | null;
}

export interface WebhookServer {
  /** With a secret in path and query, as some receivers have. */
  readonly url: string;
  readonly received: readonly WebhookReceived[];
  script(...answers: readonly WebhookScript[]): void;
  close(): Promise<void>;
}

export const WEBHOOK_SECRET = `whsec_${Buffer.from("the secret of the operators' hook").toString("base64")}`;
const MAX_BODY_BYTES = 20_480;

/** A receiver that believes nothing: the signature by the `standardwebhooks` package, the body as a CloudEvent. Close it at the end. */
export async function startWebhookServer(secret = WEBHOOK_SECRET): Promise<WebhookServer> {
  const received: WebhookReceived[] = [];
  const scripted: WebhookScript[] = [];
  const server = http.createServer(async (request, response) => {
    const body = await readText(request);
    const { headers, url: path = "" } = request;
    const problem = problemOf(request, body, secret);
    received.push({ headers, body, path, problem });
    const judged = problem === null ? { status: 204 } : { status: 400, body: problem };
    reply(response, scripted.shift() ?? judged);
  });
  const { url, close } = await onLoopback(server);
  return {
    url: `${url}/hooks/p4thS3cret?key=qu3ryS3cret`,
    received,
    script: (...answers) => void scripted.push(...answers),
    close,
  };
}

function problemOf(request: http.IncomingMessage, body: string, secret: string): string | null {
  const { headers, method } = request;
  if (method !== "POST") return `method ${method}`;
  const id = String(headers["webhook-id"]);
  if (!/^[\w@+~%-]{1,400}$/.test(id)) return `webhook-id ${id}`;
  if (headers["content-type"] !== "application/cloudevents+json; charset=utf-8") return "content-type";
  if (Buffer.byteLength(body) > MAX_BODY_BYTES) return `${Buffer.byteLength(body)} bytes`;
  try {
    new Webhook(secret).verify(body, headers as Record<string, string>);
  } catch (error) {
    return `signature: ${error instanceof Error ? error.message : error}`;
  }
  const event = JSON.parse(body) as { id?: unknown };
  return event.id === id ? cloudEventProblem(event) : "webhook-id is not the event's id";
}

function reply(response: http.ServerResponse, answer: WebhookScript): void {
  if (answer === "hang") return;
  if (answer === "reset") return void response.socket?.resetAndDestroy();
  if (answer === "half") {
    response.writeHead(200, { "content-length": "100" });
    response.write("o", () => response.socket?.resetAndDestroy());
    return;
  }
  response.writeHead(answer.status, answer.headers);
  response.end(answer.body ?? "");
}
