/**
 * Pub/Sub on this machine, as far as first contact needs it: topics and pull subscriptions by REST, and a door (`/push`) for
 * the envelopes that the Batch emulator pushes, which are then pulled here as from the service.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Broker, BrokerError } from "./broker.ts";
import { answerTo } from "./routes.ts";

export interface PubsubEmulatorOptions {
  /** 0, and left out, takes a free one. Loopback only: there is no authentication. */
  readonly port?: number | undefined;
  /** Epoch milliseconds. */
  readonly now?: (() => number) | undefined;
}

export interface PubsubEmulator {
  readonly port: number;
  /** `http://127.0.0.1:8085`; what is pushed to `URL/push/TOPIC`, or to `URL/push`, can be pulled. */
  readonly url: string;
  close(): Promise<void>;
}

export async function openPubsubEmulator(options: PubsubEmulatorOptions = {}): Promise<PubsubEmulator> {
  const broker = new Broker(options.now ?? Date.now);
  const server = createServer((request, response) => void respond(broker, request, response));
  server.listen(options.port ?? 0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

async function respond(broker: Broker, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const { pathname } = new URL(request.url ?? "/", "http://emulator");
    const body = await readJson(request);
    send(response, 200, answerTo(broker, request.method ?? "", decodeURIComponent(pathname), body));
  } catch (error) {
    if (request.destroyed && !request.complete) return void response.destroy();
    const { httpCode, status, message } = asBrokerError(error);
    send(response, httpCode, { error: { code: httpCode, message, status } });
  }
}

function asBrokerError(error: unknown): BrokerError {
  if (error instanceof BrokerError) return error;
  const isBad = error instanceof SyntaxError || error instanceof URIError;
  return isBad
    ? new BrokerError(400, "INVALID_ARGUMENT", error.message)
    : new BrokerError(500, "INTERNAL", String(error));
}

/** The service takes 10 MB in one request. */
const MOST_BYTES = 10_000_000;

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MOST_BYTES)
      throw new BrokerError(400, "INVALID_ARGUMENT", "Request payload size exceeds the limit.");
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString("utf8");
  return text.trim() === "" ? {} : JSON.parse(text);
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json; charset=UTF-8" });
  response.end(JSON.stringify(body));
}
