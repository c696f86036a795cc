import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { Deps } from "../../src/app/deps.ts";
import { RunsCache } from "../../src/app/runs-cache.ts";
import { readConfig } from "../../src/config.ts";
import { openLocalFiles } from "../../src/files/local.ts";
import { handleApi } from "../../src/http/api.ts";
import type { HttpRequest, HttpResponse } from "../../src/http/message.ts";
import { createPatterns } from "../../src/pipelines/patterns.ts";
import type { Channel, Executor, RunStore } from "../../src/ports.ts";
import { type App, channelKinds } from "../../src/wire.ts";
import { openMemoryStore } from "../sim/memory-store.ts";

export interface MemoryApp extends App {
  /** A new folder of this test, with `pipelines/` and room for outputs. */
  readonly folder: string;
  readonly warnings: string[];
  /** What channel `lab` was told, one event each. */
  readonly told: string[];
  /** How attempts end, by job key; those that are not here go on running. */
  readonly ends: Map<string, number>;
}

/** A pipeline of one step per sample, and how it is written in the pipeline folder. */
export const QC = {
  pipeline: "qc",
  steps: [{ id: "reads", script: "true", resources: { cpu: 2, memory: "64MiB" } }],
} as const;

export interface MemoryAppOptions {
  readonly variables?: Record<string, string>;
  readonly store?: (store: RunStore) => RunStore;
  readonly runsPerHour?: number;
  readonly now?: () => string;
}

/** An app on a memory store and an executor that runs nothing; the files are real and temporary. */
export async function openMemoryApp(t: TestContext, options: MemoryAppOptions = {}): Promise<MemoryApp> {
  const folder = mkdtempSync(join(tmpdir(), "bioagent-http-"));
  t.after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  mkdirSync(join(folder, "pipelines"));
  writeFileSync(join(folder, "pipelines/qc.yaml"), JSON.stringify(QC));
  const env = { BIOAGENT_ALLOW_INLINE: "true", ...options.variables };
  const config = await readConfig({ env, cwd: folder, channelKinds });
  const store = openMemoryStore();
  const warnings: string[] = [];
  const told: string[] = [];
  const ends = new Map<string, number>();
  const deps: Deps = {
    store: options.store?.(store) ?? store,
    executors: new Map([["local", scriptedExecutor(ends)]]),
    files: openLocalFiles(),
    channels: new Map([["lab", recordingChannel(told)]]),
    brokenChannels: new Map(),
    patterns: createPatterns(),
    ledger: { record: async () => [] },
    hash: (text) => createHash("sha256").update(text).digest("hex"),
    now: options.now ?? (() => new Date().toISOString()),
    random: Math.random,
    dayOf: (instant) => instant.slice(0, 10),
    defaultExecutor: "local",
    subscriptions: [{ on: ["run.completed", "run.failed", "run.cancelled"], to: ["lab"] }],
    caps: { ...config.caps, runsPerHour: options.runsPerHour ?? config.caps.runsPerHour },
    ping: async () => {},
    warn: (text) => warnings.push(text),
  };
  const cache = new RunsCache();
  return { deps, cache, config, close: () => store.close(), folder, warnings, told, ends };
}

const GIB = 2 ** 30;

/** Takes every attempt; it runs until `ends` has an exit code for its job. */
function scriptedExecutor(ends: ReadonlyMap<string, number>): Executor {
  return {
    kind: "local",
    capacity: async () => ({
      largest: { cpu: 4, memory: 4 * GIB },
      free: { cpu: 4, memory: 4 * GIB },
      notes: [],
    }),
    submit: async (submissions) =>
      submissions.map(({ attempt }) => ({ attempt: attempt.id, kind: "submitted", handle: { on: "paper" } })),
    observe: async (refs) =>
      refs.map(({ attempt, job }) => {
        const code = attempt.cancel_requested_at ? undefined : ends.get(job);
        const stopped = attempt.cancel_requested_at !== null;
        const status = stopped ? "cancelled" : code === undefined ? "running" : code ? "failed" : "succeeded";
        return {
          attempt: attempt.id,
          status,
          ...(code === undefined ? {} : { exit_code: code, ended_at: new Date().toISOString() }),
        };
      }),
    cancel: async () => {},
    log: async ({ job, attempt }, { lines }) => {
      const text = ["first", "second", `${job} attempt ${attempt.attempt}`];
      return `${text.slice(lines === null ? 0 : -lines).join("\n")}\n`;
    },
    forget: async () => {},
    changed: (signal) =>
      new Promise((done) => signal.addEventListener("abort", () => done(), { once: true })),
  };
}

function recordingChannel(told: string[]): Channel {
  return {
    name: "lab",
    kind: "recording",
    recipients: ["lab"],
    paceMilliseconds: 0,
    deliver: async ({ event, facts }) => {
      told.push(`${facts.run_id} ${event}`);
      return { kind: "delivered" };
    },
  };
}

export interface Asked {
  readonly headers?: Record<string, string>;
  /** A value to send as JSON, or bytes as they are. */
  readonly body?: unknown;
  readonly caller?: string | null;
}

/** A request as a transport would make it. */
export function aRequest(method: string, target: string, asked: Asked = {}): HttpRequest {
  const [path = "", query = ""] = target.split("?");
  const { body } = asked;
  const bytes =
    body === undefined
      ? new Uint8Array()
      : body instanceof Uint8Array
        ? body
        : Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
  return {
    method,
    path,
    query: new URLSearchParams(query),
    headers: { ...(bytes.length > 0 ? { "content-type": "application/json" } : {}), ...asked.headers },
    body: bytes,
    caller: asked.caller ?? null,
  };
}

export interface Answer extends HttpResponse {
  /** The body, read as JSON; empty where it is none. */
  readonly json: Record<string, unknown>;
}

export async function ask(app: App, method: string, target: string, asked?: Asked): Promise<Answer> {
  const response = await handleApi(app, aRequest(method, target, asked));
  const isJson = response.headers["content-type"]?.includes("json") && response.body !== "";
  return { ...response, json: isJson ? JSON.parse(response.body) : {} };
}

/** A start of the `qc` pipeline that is valid but for what is given. */
export const aStartBody = (app: MemoryApp, fields: Record<string, unknown> = {}) => ({
  pipeline: "qc",
  samples: ["s1", "s2"],
  output: join(app.folder, "out"),
  ...fields,
});
