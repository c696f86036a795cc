import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { AdapterError } from "../ports.ts";
import type { App } from "../wire.ts";
import { handleApi } from "./api.ts";
import { admit, isLoopback } from "./gate.ts";
import type { HttpResponse } from "./message.ts";
import { plainHeaders, readBytes, send, splitTarget } from "./node-request.ts";
import { problemResponse } from "./problem-document.ts";
import { refuseTooLarge } from "./read-body.ts";
import { startTicker, type Ticker } from "./ticker.ts";

export interface ServeOptions {
  readonly app: App;
  /** 0 takes a free one. */
  readonly port: number;
  /** Loopback unless given; any other needs a token. */
  readonly host?: string | undefined;
  /** What callers must present; null: only this machine may come in. */
  readonly token?: string | null | undefined;
  /** Milliseconds between two passes over the runs when nothing wakes us earlier. */
  readonly every?: number | undefined;
}

export interface Serving {
  /** `http://127.0.0.1:8080`. */
  readonly url: string;
  readonly port: number;
  /** Answers what has been asked, ends the pass that is being made, and closes. Runs go on without us; the app stays open. */
  stop(): Promise<void>;
}

/** How long a request may take to arrive, milliseconds. */
const REQUEST_TIMEOUT = 60_000;
const HEADERS_TIMEOUT = 10_000;
/** How long a stop waits for answers that are being given, milliseconds. */
const STOP_PATIENCE = 5_000;

/**
 * The API on this machine, with a ticker of its own. It holds nothing that the store does not have: killed at any
 * instruction, the next `tick` or `serve` goes on where it was, and local jobs run on meanwhile.
 * Throws an `AdapterError` when it may not or cannot listen there.
 */
export async function serve(options: ServeOptions): Promise<Serving> {
  const { app, port, host = "127.0.0.1", token = null, every = 2000 } = options;
  if (token === null && !isLoopback(host)) {
    throw new AdapterError(
      `serve refuses to listen on ${host} without a token: whoever reaches it could start jobs. Set BIOAGENT_TOKEN, or listen on 127.0.0.1.`,
      { code: "token_needed", retryable: false },
    );
  }
  const server = createServer({ requestTimeout: REQUEST_TIMEOUT, headersTimeout: HEADERS_TIMEOUT });
  const taken = await listen(server, port, host);
  const ticker = startTicker(app, every);
  const onRequest = (message: IncomingMessage, response: ServerResponse) =>
    void respond({ app, token, ticker }, message, response);
  server.on("request", onRequest);
  // Instead of node's own answer: who asks before sending is told before sending.
  server.on("checkContinue", onRequest);
  const name = host.includes(":") ? `[${host}]` : host;
  return { url: `http://${name}:${taken}`, port: taken, stop: () => stop(server, ticker) };
}

function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((done, fail) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      fail(
        new AdapterError(
          `serve cannot listen on ${host}:${port} (${error.code}); is another server there? --port takes another`,
          { code: "cannot_listen", retryable: false, cause: error },
        ),
      );
    });
    server.listen(port, host, () => done((server.address() as AddressInfo).port));
  });
}

interface Room {
  readonly app: App;
  readonly token: string | null;
  readonly ticker: Ticker;
}

async function respond(room: Room, message: IncomingMessage, response: ServerResponse): Promise<void> {
  const answer = await answerTo(room, message, response).catch((error: unknown) =>
    problemResponse(error, room.app.deps.warn, `${message.method} ${message.url?.slice(0, 200)}`),
  );
  if (answer === null) message.destroy();
  else send(response, answer);
}

/** Null when there is nobody left to answer. */
async function answerTo(
  { app, token, ticker }: Room,
  message: IncomingMessage,
  response: ServerResponse,
): Promise<HttpResponse | null> {
  const method = message.method ?? "GET";
  const headers = plainHeaders(message.headers);
  admit({ method, headers }, token);
  if (headers["expect"]?.toLowerCase() === "100-continue") {
    refuseTooLarge({ headers, body: new Uint8Array() });
    response.writeContinue();
  }
  const body = await readBytes(message);
  if (body === null) return null;
  const answer = await handleApi(app, {
    ...splitTarget(message.url ?? "/"),
    method,
    headers,
    body,
    caller: null,
  });
  if (method === "POST") ticker.wake();
  return answer;
}

async function stop(server: Server, ticker: Ticker): Promise<void> {
  const closed = new Promise<void>((done) => server.close(() => done()));
  server.closeIdleConnections();
  const impatience = setTimeout(() => server.closeAllConnections(), STOP_PATIENCE);
  await Promise.all([closed, ticker.stop()]);
  clearTimeout(impatience);
}

/** Serves until the process is asked to end (SIGTERM, SIGINT), then stops in order. */
export async function untilAskedToStop(serving: Serving): Promise<void> {
  const signals = ["SIGTERM", "SIGINT"] as const;
  await new Promise<void>((done) => {
    for (const signal of signals) process.once(signal, () => done());
  });
  await serving.stop();
}
