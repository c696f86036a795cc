import { createHash } from "node:crypto";
import type { Deps } from "../src/app/deps.ts";
import type { Observation } from "../src/core/observation.ts";
import type { AttemptRef, Executor, Files, RunStore } from "../src/ports.ts";

/** What an attempt is said to be, by its id and how often it was asked for. */
export type Say = (ref: AttemptRef) => Observation;

/** An executor with no bound of its own that starts nothing and says what it is told to. */
export const stubExecutor = (say: Say): Executor => ({
  kind: "local",
  capacity: async () => ({ largest: {}, free: null, notes: [] }),
  submit: async (submissions) =>
    submissions.map(({ attempt }) => ({
      attempt: attempt.id,
      kind: "submitted",
      handle: { id: attempt.id },
    })),
  observe: async (refs) => refs.map(say),
  cancel: async () => {},
  log: async () => null,
  forget: async () => {},
  changed: async () => {},
});

export const allRunning = stubExecutor(({ attempt }) => ({ attempt: attempt.id, status: "running" }));

/** Every attempt left a manifest of nothing, which suits steps that declare no outputs. */
const files: Files = {
  locate: async () => null,
  verify: async (_output, attempts) =>
    new Map(
      attempts.map(({ id }) => [id, { manifest: { attempt: id, outputs: [] }, sizes: {}, metrics: {} }]),
    ),
  adopt: async () => false,
  prepare: async () => null,
  read: async () => null,
  write: async () => {},
};

/** Use cases over a real store and an executor on paper. */
export const stubDeps = (store: RunStore, executor: Executor): Deps => ({
  store,
  executors: new Map([["local", executor]]),
  files,
  channels: new Map(),
  brokenChannels: new Map(),
  patterns: { matching: () => [] },
  ledger: { record: async () => [] },
  hash: (text) => createHash("sha256").update(text).digest("hex"),
  now: () => new Date().toISOString(),
  random: Math.random,
  dayOf: (instant) => instant.slice(0, 10),
  defaultExecutor: "local",
  subscriptions: [],
  caps: { jobsPerRun: 1_000_000, runsPerHour: 10_000, attemptsPerJob: 20, memoryBytes: null },
  ping: async () => {},
  warn: (text) => console.error(`bench: warning: ${text}`),
});
