import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { BatchApi } from "./api.ts";
import { ApiError } from "./model.ts";
import { readBody } from "./rest/body.ts";
import { asApiError, errorAnswer } from "./rest/errors.ts";
import { fieldMaskOf, readQuery } from "./rest/query.ts";
import { ROUTES, type Route } from "./rest/routes.ts";

export interface RestOptions {
  readonly api: BatchApi;
  /** 0 takes a free one. */
  readonly port: number;
  /** `127.0.0.1` unless told. */
  readonly host?: string;
  /** Asked first; true when it has answered the request itself. */
  readonly extra?: (request: IncomingMessage, response: ServerResponse) => Promise<boolean>;
}

export interface RestServer {
  readonly port: number;
  /** `http://127.0.0.1:8080`, without a slash at the end. */
  readonly url: string;
  /** Ends at once, also what is under way. */
  close(): Promise<void>;
}

/** Serves the API as REST/JSON: `/v1/`, and the same under `/v1alpha/` and `/v1beta/`. Resolves when it listens. */
export async function serveRest({ api, port, host = "127.0.0.1", extra }: RestOptions): Promise<RestServer> {
  const server = createServer((request, response) => {
    serve(api, extra, request, response).catch((error: unknown) => {
      const { httpCode, body } = errorAnswer(asApiError(error));
      if (response.headersSent || (request.destroyed && !request.complete)) response.destroy();
      else respond(response, httpCode, body);
    });
  });
  // Longer than clients keep idle connections: none meets one that is just being closed.
  server.keepAliveTimeout = 65_000;
  server.listen(port, host);
  await once(server, "listening");
  const bound = (server.address() as AddressInfo).port;
  return {
    port: bound,
    url: `http://${host}:${bound}`,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

async function serve(
  api: BatchApi,
  extra: RestOptions["extra"],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (await extra?.(request, response)) return;
  const url = new URL(request.url ?? "/", "http://emulator");
  const [route, resource] = routed(request.method ?? "", url.pathname);
  const body = route.method === "POST" ? await readBody(request) : null;
  const query = readQuery(url.searchParams, route.parameters);
  const mask = fieldMaskOf(url.searchParams, request.headers["x-goog-fieldmask"]);
  const asked = mask === null ? api : api.withFields(mask);
  respond(response, 200, await route.answer({ api: asked, resource, query, body }));
}

/** The route of a path and the resource that it names. */
function routed(method: string, pathname: string): readonly [Route, string] {
  const path = /^\/(?:v1|v1alpha|v1beta)\/(.*)$/.exec(decoded(pathname))?.[1];
  for (const route of path === undefined ? [] : ROUTES) {
    const match = route.method === method ? route.path.exec(path!) : null;
    if (match) return [route, match[1]!];
  }
  throw new ApiError(5, "Method not found.");
}

function decoded(pathname: string): string {
  try {
    return decodeURIComponent(pathname);
  } catch {
    return ""; // No valid encoding: no such path.
  }
}

function respond(response: ServerResponse, httpCode: number, body: object): void {
  const text = JSON.stringify(body);
  response.writeHead(httpCode, {
    "content-type": "application/json; charset=UTF-8",
    "content-length": Buffer.byteLength(text),
  });
  response.end(text);
}
