import { type ChildProcess, fork } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { findFirestoreEmulator, startFirestoreEmulator } from "../infra/firestore-emulator.ts";
import { openStorageEmulator } from "../infra/storage-emulator/emulator.ts";
import { openPaperBatch, type PaperBatch } from "./cloud-batch.ts";
import { bundleProgram } from "./cloud-bundle.ts";
import type { Cost } from "./cloud-monitor.ts";
import { inFolder, sampleNames } from "./project.ts";

/** Google's Firestore emulator, the Batch emulator over machines on paper, buckets in a folder; monitors as many as are asked for. */
export interface Places {
  readonly batch: PaperBatch;
  /** A monitor in a new process, which knows nothing yet. Messages are pushed to the newest; `push: false`: to nobody. */
  monitor(options: MonitorOptions): Promise<Monitor>;
}

export interface MonitorOptions {
  readonly push: boolean;
  /** For its Node. */
  readonly flags?: readonly string[];
}

export interface WholeCost extends Cost {
  /** Calls that Batch has seen, of all monitors. */
  readonly batch: { readonly reads: number; readonly writes: number };
}

export interface Monitor {
  cost(): Promise<WholeCost>;
  /** As Cloud Scheduler asks. */
  sweep(): Promise<void>;
  /** Starts a run of so many samples by HTTP; its id. */
  start(samples: number): Promise<string>;
  show(run: string): Promise<ShownRun>;
  /** Everything that happened to a run. */
  events(run: string): Promise<readonly ShownEvent[]>;
  /** Sets its clock forward. */
  later(milliseconds: number): Promise<void>;
  stop(): Promise<void>;
}

export interface ShownRun {
  readonly status: string;
  readonly outcome: string | null;
  readonly summary: Readonly<Record<string, number>>;
}

export interface ShownEvent {
  readonly seq: number;
  readonly type: string;
  readonly at: string;
  readonly job: string | null;
  readonly attempt: string | number | null;
}

/** Null where everything is there, else what is missing. */
export const missingForCloud = (): string | null =>
  findFirestoreEmulator(process.env) ? null : "Java and gcloud's Firestore emulator are not installed";

/** A cloud for the length of the work. */
export function inPlaces<T>(work: (places: Places) => Promise<T>): Promise<T> {
  return inFolder(async (folder) => {
    const closing: (() => Promise<unknown>)[] = [];
    try {
      const buckets = join(folder, "buckets");
      for (const bucket of ["ledger", "results"]) mkdirSync(join(buckets, bucket), { recursive: true });
      // The emulator keeps every version of ten thousand documents; its own 320 MB are made for tests.
      process.env["_JAVA_OPTIONS"] ??= "-Xmx3g";
      const firestore = await startFirestoreEmulator({ environment: process.env });
      closing.push(() => firestore.stop());
      const storage = await openStorageEmulator({ directory: buckets });
      closing.push(() => storage.close());
      const batch = await openPaperBatch(buckets);
      closing.push(() => batch.close());
      const source = join(import.meta.dirname, "cloud-monitor.ts");
      const program = await bundleProgram(source, join(folder, "program"));
      const variables = variablesOf({ firestore: firestore.host, storage: storage.url, batch: batch.host });
      return await work({
        batch,
        monitor: async ({ push, flags = [] }) => {
          const monitor = await openMonitor({ program, cwd: folder, env: variables, flags, batch });
          closing.push(() => monitor.stop());
          batch.pushTo(push ? monitor.url : null);
          return monitor;
        },
      });
    } finally {
      for (const close of closing.reverse()) await close();
    }
  });
}

const variablesOf = (hosts: { firestore: string; storage: string; batch: string }) => ({
  PATH: process.env["PATH"],
  HOME: process.env["HOME"],
  GOOGLE_CLOUD_PROJECT: "bench-project",
  FIRESTORE_EMULATOR_HOST: hosts.firestore,
  STORAGE_EMULATOR_HOST: hosts.storage,
  BATCH_EMULATOR_HOST: hosts.batch,
  METADATA_SERVER_DETECTION: "none",
  BIOAGENT_STORE: "firestore",
  BIOAGENT_EXECUTOR: "gcp_batch",
  BIOAGENT_LEDGER: "gs://ledger/bioagent",
  BIOAGENT_TOPIC: "projects/bench-project/topics/bioagent",
  BIOAGENT_ALLOW_INLINE: "true",
});

async function openMonitor(start: {
  readonly program: string;
  readonly cwd: string;
  readonly env: ReturnType<typeof variablesOf>;
  readonly flags: readonly string[];
  readonly batch: PaperBatch;
}): Promise<Monitor & { readonly url: string }> {
  const { program, cwd, env, flags, batch } = start;
  const child = fork(program, { cwd, env, execArgv: [...flags] });
  const url = `http://127.0.0.1:${await portOf(child)}`;
  const ask = async (method: string, path: string, body?: object): Promise<string> => {
    const answer = await fetch(`${url}${path}`, {
      method,
      ...(body ? { body: JSON.stringify(body), headers: { "content-type": "application/json" } } : {}),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${text.slice(0, 2000)}`);
    return text;
  };
  return {
    url,
    cost: async () => ({ ...(JSON.parse(await ask("GET", "/cost")) as Cost), batch: batch.calls() }),
    async sweep() {
      const { errors } = JSON.parse(await ask("POST", "/")) as { errors: string[] };
      if (errors.length > 0) throw new Error(errors.join("\n"));
    },
    async start(samples) {
      const body = { pipeline: PIPELINE, samples: sampleNames(samples), output: "gs://results/out" };
      return (JSON.parse(await ask("POST", "/v1/runs", body)) as { run_id: string }).run_id;
    },
    show: async (run) => JSON.parse(await ask("GET", `/v1/runs/${run}?jobs=false`)),
    events: (run) => allEvents(run, ask),
    later: async (milliseconds) => void (await ask("POST", `/later?milliseconds=${milliseconds}`)),
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = new Promise((done) => child.once("exit", done));
      child.kill();
      await gone;
    },
  };
}

const PIPELINE = {
  pipeline: "bench",
  steps: [{ id: "a", script: "true", resources: { cpu: 1, memory: "1GiB" } }],
};

function portOf(child: ChildProcess): Promise<number> {
  return new Promise((done, fail) => {
    child.once("message", (port) => done(Number(port)));
    child.once("exit", (code) => fail(new Error(`the monitor ended with ${code} before it listened`)));
  });
}

async function allEvents(
  run: string,
  ask: (method: string, path: string) => Promise<string>,
): Promise<ShownEvent[]> {
  const events: ShownEvent[] = [];
  for (;;) {
    const after = events.at(-1)?.seq ?? -1;
    const page = JSON.parse(await ask("GET", `/v1/runs/${run}/events?after=${after}&limit=1000`)) as {
      events: ShownEvent[];
    };
    if (page.events.length === 0) return events;
    events.push(...page.events);
  }
}
