/**
 * Entry points of the cloud functions: request -> handler -> answer, nothing else. `functions.json` lists them.
 */
import { http, type Request, type Response } from "@google-cloud/functions-framework";
import { environment, readConfig } from "../src/config.ts";
import { handleApi } from "../src/http/api.ts";
import { openDeliver } from "../src/http/deliver-handler.ts";
import { callerOf } from "../src/http/identity-token.ts";
import type { HttpRequest } from "../src/http/message.ts";
import { plainHeaders, send, splitTarget } from "../src/http/node-request.ts";
import { type Handler, openPoll } from "../src/http/poll.ts";
import { problemResponse } from "../src/http/problem-document.ts";
import { leaveBodiesUnparsed, sentHeaders } from "../src/http/unparsed-body.ts";
import { channelKinds, openApp } from "../src/wire.ts";

const given = environment();
const { cloudService } = given;

const print = (text: string): void => void process.stdout.write(`${text}\n`);
const warn = (text: string): void => void process.stderr.write(`${text}\n`);

/** Opened by an instance's first request, and kept for all that follow. */
let opened: ReturnType<typeof open> | null = null;

async function open() {
  const config = await readConfig({ env: given.variables, cwd: process.cwd(), channelKinds });
  const app = await openApp(config, { write: print, warn, environment: given });
  const api: Handler = (request) => handleApi(app, request);
  return { api, poll: openPoll(app, { cloudService }), deliver: openDeliver(app, { cloudService }) };
}

/** What could not be opened is tried again by the next request. */
function handlers(): ReturnType<typeof open> {
  opened ??= open().catch((error: unknown) => {
    opened = null;
    throw error;
  });
  return opened;
}

const entry = (name: "api" | "poll" | "deliver") => async (request: Request, response: Response) => {
  try {
    send(response, await (await handlers())[name](toHttpRequest(request)));
  } catch (error) {
    send(response, problemResponse(error, warn, `${request.method} ${name}`));
  }
};

function toHttpRequest(request: Request): HttpRequest {
  const headers = sentHeaders(plainHeaders(request.headers));
  return {
    ...splitTarget(request.originalUrl),
    method: request.method,
    headers,
    body: request.rawBody ?? new Uint8Array(),
    caller: callerOf(headers, cloudService),
  };
}

/** Every function there is, by its name. */
export const FUNCTIONS = { api: entry("api"), poll: entry("poll"), deliver: entry("deliver") };

leaveBodiesUnparsed();
for (const [name, handler] of Object.entries(FUNCTIONS)) http(name, handler);
