/**
 * Cloud Storage on this machine, as far as its JSON API goes: what `@google-cloud/storage` (by STORAGE_EMULATOR_HOST) and
 * curl send is answered as the service answers it, preconditions and resumable uploads among it. Buckets are folders
 * and objects plain files, so that another program can mount the same directory in the place of a bucket.
 */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { resolve } from "node:path";
import { Readable } from "node:stream";
import { cut, errorAnswer, send } from "./answer.ts";
import { openApi } from "./api.ts";
import type { Answer, Call } from "./call.ts";
import { Cut } from "./fault-effects.ts";
import { openObjectStore } from "./object-store.ts";
import { routeOf } from "./route.ts";

export interface StorageEmulatorOptions {
  /** Holds a folder for each bucket, and `.metadata`; made when it is missing. One emulator for each directory. */
  readonly directory: string;
  /** 0, and left out, takes a free one. */
  readonly port?: number | undefined;
  /** Loopback unless given: there is no authentication. */
  readonly host?: string | undefined;
  /** The service takes one mutation a second of one object (1000); 0, and left out: as many as come. */
  readonly writeIntervalMilliseconds?: number | undefined;
  /** Milliseconds since 1970. */
  readonly now?: (() => number) | undefined;
}

export interface StorageEmulator {
  readonly port: number;
  /** For STORAGE_EMULATOR_HOST: `http://127.0.0.1:9199`. */
  readonly url: string;
  close(): Promise<void>;
}

/** Throws where the directory cannot be made or the port is taken. */
export async function openStorageEmulator(options: StorageEmulatorOptions): Promise<StorageEmulator> {
  const store = await openObjectStore({
    directory: resolve(options.directory),
    writeIntervalMilliseconds: options.writeIntervalMilliseconds ?? 0,
    now: options.now ?? Date.now,
  });
  const api = openApi(store);
  const server = createServer({ requestTimeout: 0 }, (request, response) => {
    void respond(api, request, response);
  });
  const host = options.host ?? "127.0.0.1";
  await listen(server, options.port ?? 0, host);
  const { port } = server.address() as AddressInfo;
  const name = host.includes(":") ? `[${host}]` : host;
  return { port, url: `http://${name}:${port}`, close: () => close(server) };
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((done, fail) => {
    server.once("error", fail);
    server.listen(port, host, () => done());
  });
}

function close(server: Server): Promise<void> {
  return new Promise((done) => {
    server.close(() => done());
    server.closeAllConnections();
  });
}

type Api = (call: Call) => Promise<Answer>;

/** Never throws: a caller who went away, or a connection that a fault breaks, ends here. */
async function respond(api: Api, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { path, query } = targetOf(request);
  const answer = await answerTo(api, request, path, query).catch((error: unknown) =>
    error instanceof Cut ? error : errorAnswer(error, isMedia(path, query)),
  );
  try {
    if (answer instanceof Cut) await cut(response, answer);
    else await send(request, response, answer, query.get("fields"));
  } catch {
    response.destroy(); // nobody is left to be told
    const body = answer instanceof Cut ? answer.answer?.body : answer.body;
    if (body instanceof Readable) body.destroy(); // it holds an open file
  }
}

async function answerTo(
  api: Api,
  request: IncomingMessage,
  path: string,
  query: URLSearchParams,
): Promise<Answer> {
  const method = request.method ?? "GET";
  const place = routeOf(method, path, query);
  if (place.operation === "control") query.set("control", path.split("/").slice(2).join("/"));
  const url = `http://${request.headers.host ?? "localhost"}`;
  return api({ ...place, method, query, headers: request.headers, body: request, url });
}

/** By hand, not by `URL`: it would take `..` in an object's name for a way up. */
function targetOf({ url = "/" }: IncomingMessage): { path: string; query: URLSearchParams } {
  const mark = url.indexOf("?");
  const path = mark < 0 ? url : url.slice(0, mark);
  return { path, query: new URLSearchParams(mark < 0 ? "" : url.slice(mark + 1)) };
}

const isMedia = (path: string, query: URLSearchParams): boolean =>
  query.get("alt") === "media" ||
  path.startsWith("/download/") ||
  !/^\/(?:storage|upload|b|control)(?:\/|$)/.test(path);
