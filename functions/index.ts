/**
 * Entry points of the cloud functions: request -> handler -> answer, nothing else. `functions.json` lists them. All are registered, and
 * only what the one that is asked for needs is loaded: each instance is for one of them (`FUNCTION_TARGET`).
 */
import { http, type Request, type Response } from "@google-cloud/functions-framework";
import { environment, readConfig, reloadConfig } from "../src/config.ts";
import { openAccessToken } from "../src/google/access-token.ts";
import { openBucketText } from "../src/google/bucket-text.ts";
import { callerOf } from "../src/http/identity-token.ts";
import type { HttpRequest } from "../src/http/message.ts";
import { plainHeaders, send, splitTarget } from "../src/http/node-request.ts";
import type { Handler } from "../src/http/poll.ts";
import { problemResponse } from "../src/http/problem-document.ts";
import { leaveBodiesUnparsed, sentHeaders } from "../src/http/unparsed-body.ts";
import { openWarm } from "../src/http/warm-app.ts";
import { type App, channelKinds, openApp } from "../src/wire.ts";

const given = environment();
const { cloudService, storageEmulator } = given;

const out = (line: string): void => void process.stdout.write(`${line}\n`);
const err = (line: string): void => void process.stderr.write(`${line}\n`);

/** On Cloud Run a line is an entry of the log, and JSON gives it its severity; elsewhere people read it. */
const say = (severity: "INFO" | "WARNING", text: string, plain: (line: string) => void): void =>
  cloudService === null ? plain(text) : out(JSON.stringify({ severity, message: text }));
const print = (text: string): void => say("INFO", text.trimEnd(), out);
const warn = (text: string): void => say("WARNING", text, err);

const bucket = openBucketText({ accessToken: openAccessToken(), emulator: storageEmulator });
const sources = { env: given.variables, cwd: process.cwd(), channelKinds, readBucket: bucket.read };

type Name = "api" | "poll" | "deliver";

/** Loaded when it is first needed, and only then. */
const HANDLERS: Readonly<Record<Name, () => Promise<(app: App) => Handler>>> = {
  api: async () => {
    const { handleApi } = await import("../src/http/api.ts");
    return (app) => (request) => handleApi(app, request);
  },
  poll: async () => {
    const { openPoll } = await import("../src/http/poll.ts");
    return (app) => openPoll(app, { cloudService, print: out });
  },
  deliver: async () => {
    const { openDeliver } = await import("../src/http/deliver-handler.ts");
    return (app) => openDeliver(app, { cloudService });
  },
};

async function openInstance(name: Name) {
  const make = await HANDLERS[name]();
  return openWarm({
    read: () => readConfig(sources),
    reread: (before) => reloadConfig(before, sources),
    open: (config) => openApp(config, { write: print, warn, environment: given }),
    make,
    warn,
  });
}

const instances = new Map<Name, ReturnType<typeof openInstance>>();

function instanceOf(name: Name): ReturnType<typeof openInstance> {
  const instance = instances.get(name) ?? openInstance(name);
  instances.set(name, instance);
  return instance;
}

const entry = (name: Name) => async (request: Request, response: Response) => {
  try {
    const instance = await instanceOf(name);
    send(response, await instance.use((handle) => handle(toHttpRequest(request))));
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

const isName = (name: string | null): name is Name => name !== null && name in FUNCTIONS;

/** Settled once the one function of this instance is loaded and opened; before its first request, while the CPU is still boosted. */
export const ready: Promise<unknown> = isName(given.functionTarget)
  ? instanceOf(given.functionTarget).then((instance) => instance.use(async () => {}))
  : Promise.resolve();
// A configuration that is wrong is told to whoever asks first, and read again for the next.
ready.catch(() => {});

leaveBodiesUnparsed();
for (const [name, handler] of Object.entries(FUNCTIONS)) http(name, handler);
