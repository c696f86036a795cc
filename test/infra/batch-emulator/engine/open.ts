import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { type EmulatorOptions, openEmulator } from "../../../../infra/batch-emulator/emulator.ts";
import type { BatchJob, BatchTask, JobState, StatusEvent } from "../../../../infra/batch-emulator/model.ts";
import { sharedPath } from "../../../support/shared.ts";

export const PARENT = "projects/lab/locations/us-central1";

const closing = new WeakMap<TestContext, (() => Promise<unknown>)[]>();

/** At the test's end, the last first: an emulator saves before its folder goes. */
export function atEnd(t: TestContext, close: () => Promise<unknown>): void {
  const closers = closing.get(t) ?? [];
  if (closers.length === 0) {
    t.after(async () => {
      for (const one of closers.reverse()) await one();
    });
  }
  closers.push(close);
  closing.set(t, closers);
}

/** A folder that goes with the test. */
export async function newFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "batch-engine-test-"));
  atEnd(t, () => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}

/** Polls until `look` gives something; fails with `what` after ten seconds. */
export async function until<T>(what: string, look: () => Promise<T | null> | T | null): Promise<T> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const found = await look();
    if (found !== null) return found;
    if (Date.now() > deadline) throw new Error(`not within ten seconds: ${what}`);
    await pause(10);
  }
}

export interface Client {
  call(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ status: number; body: Record<string, unknown> }>;
  text(path: string): Promise<string>;
  submit(id: string, job: object): Promise<BatchJob>;
  job(id: string): Promise<BatchJob>;
  tasks(id: string): Promise<BatchTask[]>;
  /** The job once it is in one of these states. */
  reaches(id: string, ...states: JobState[]): Promise<BatchJob>;
  /** The job once it has ended. */
  ends(id: string): Promise<BatchJob>;
  /** What the job's runnables printed. */
  printed(id: string): Promise<string[]>;
}

export function clientOf(restPort: number): Client {
  const base = `http://127.0.0.1:${restPort}`;
  const call: Client["call"] = async (method, path, body) => {
    const response = await fetch(base + path, {
      method,
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  const found = async (method: string, path: string, body?: unknown) => {
    const answer = await call(method, path, body);
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    return answer.body;
  };
  const job: Client["job"] = async (id) =>
    (await found("GET", `/v1/${PARENT}/jobs/${id}`)) as unknown as BatchJob;
  const reaches: Client["reaches"] = (id, ...states) =>
    until(`${id} is ${states.join(" or ")}`, async () => {
      const now = await job(id);
      return states.includes(now.status.state) ? now : null;
    });
  return {
    call,
    text: async (path) => (await fetch(base + path)).text(),
    submit: async (id, spec) =>
      (await found("POST", `/v1/${PARENT}/jobs?jobId=${id}`, spec)) as unknown as BatchJob,
    job,
    tasks: async (id) => {
      const body = await found("GET", `/v1/${PARENT}/jobs/${id}/taskGroups/group0/tasks`);
      return (body["tasks"] ?? []) as BatchTask[];
    },
    reaches,
    ends: (id) => reaches(id, "SUCCEEDED", "FAILED", "CANCELLED"),
    printed: async (id) => {
      const lines = (await (await fetch(`${base}/control/logs?job=${id}`)).text())
        .split("\n")
        .filter(Boolean);
      return lines
        .map((line) => line.split(" ").slice(3).join(" "))
        .filter((line) => !/ exited with status /.test(line));
    },
  };
}

/** An emulator that closes with the test. */
export async function open(t: TestContext, options: Partial<EmulatorOptions> = {}): Promise<Client> {
  const emulator = await openEmulator({ restPort: 0, grpcPort: 0, containers: "host", ...options });
  atEnd(t, () => emulator.close());
  return clientOf(emulator.restPort);
}

/** A job of one group; `group` and `job` are laid over what is usual. */
export const jobOf = (
  runnables: readonly object[],
  spec: object = {},
  group: object = {},
  job: object = {},
) => ({
  taskGroups: [{ taskSpec: { runnables, ...spec }, ...group }],
  logsPolicy: { destination: "CLOUD_LOGGING" },
  ...job,
});

export const script = (text: string, more: object = {}) => ({ script: { text }, ...more });

/** Only lasts. */
export const lasting = (seconds: number, exit = 0) => ({
  ...script("exit 99"),
  environment: { variables: { BATCH_EMULATOR_SECONDS: String(seconds), BATCH_EMULATOR_EXIT: String(exit) } },
});

export const descriptions = (events: readonly StatusEvent[] | undefined): string[] =>
  (events ?? []).map((event) => event.description);

/** Texts without what differs from job to job: numbers, names, zones. */
export const plain = (text: string): string =>
  text
    .replace(/projects\/[^/\s]+\/locations\/[^/\s]+\/jobs\/[a-zA-Z0-9-]+/g, "JOB")
    .replace(/zones\/[^/\s]+\/instances\/\d+/g, "PLACE")
    .replace(/zones\/ZONE\/instances\/INSTANCE_ID/g, "PLACE");

/** A captured document of the service, where they are present; never needed. */
export function captured(name: string): Record<string, unknown> | null {
  const file = sharedPath(`fixtures/batch/${name}`);
  return file ? (JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>) : null;
}

export const isAlive = (pid: number): boolean => {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
};
