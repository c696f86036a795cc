import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Firestore } from "@google-cloud/firestore";
import { type EmulatorOptions, openEmulator } from "../../../infra/batch-emulator/emulator.ts";
import { openStorageEmulator } from "../../../infra/storage-emulator/emulator.ts";
import { firestoreProject } from "../../support/firestore-emulator.ts";
import { type AppOptions, type CloudApp, openCloudApp } from "./cloud-app.ts";
import { type FirestoreProxy, openFirestoreProxy } from "./firestore-proxy.ts";

export const BUCKET = "lab";
/** Seconds. */
export const MINUTE = 60;
export const HOUR = 3600;
export const DAY = 24 * HOUR;

/** One project of a cloud on this machine, with a clock that is moved by hand. */
export interface World {
  readonly projectId: string;
  /** Of this world, gone after the test. */
  readonly folder: string;
  /** Each folder in it is a bucket; `lab` is there. */
  readonly buckets: string;
  readonly firestore: FirestoreProxy;
  /** HOST:PORT of Batch over gRPC. */
  readonly batchAddress: string;
  now(): string;
  /** Time passes for every monitor of this world: seconds. The cloud's own clock is not moved. */
  pass(seconds: number): void;
  /** Batch by REST, as a person or another program calls it: a path behind `projects/P/`. */
  batch(method: string, path: string, body?: unknown): Promise<{ status: number; body: Json }>;
  /** The jobs that Batch has, in all regions. */
  jobs(): Promise<BatchJob[]>;
  /** Waits until Batch says so of all its jobs; nobody ticks meanwhile. */
  inState(state: string): Promise<void>;
  /** Faults of Batch from now on; null: none any more. */
  batchFault(...rules: readonly object[]): Promise<void>;
  /** Faults of Storage from now on. */
  storageFault(...faults: readonly object[]): Promise<void>;
  mendStorage(): Promise<void>;
  /** Something that Batch does to a job from its own side: `preempt`, `provider-cancel`, ... */
  strike(jobId: string, verb: string): Promise<void>;
  /** Google's own client on a store of this world: what a person does in the console. */
  console(database?: string): Firestore;
  /** A monitor process. */
  open(options?: AppOptions): Promise<CloudApp>;
}

export interface BatchJob {
  readonly id: string;
  readonly uid: string;
  readonly region: string;
  readonly state: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly spot: boolean;
}

// biome-ignore lint/suspicious/noExplicitAny: what foreign JSON holds is asserted where it is read.
type Json = any;

/** A new, empty cloud. Null: no Firestore emulator here, the test is skipped. */
export async function openWorld(
  t: TestContext,
  options: Partial<EmulatorOptions> = {},
): Promise<World | null> {
  const project = await firestoreProject(t);
  if (!project) return null;
  const folder = mkdtempSync(join(tmpdir(), "bioagent-bad-day-"));
  t.after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  const buckets = join(folder, "buckets");
  mkdirSync(join(buckets, BUCKET), { recursive: true });
  const firestore = await openFirestoreProxy(project.host);
  t.after(() => firestore.close());
  const storage = await openStorageEmulator({ directory: buckets });
  t.after(() => storage.close());
  const batch = await openEmulator({ restPort: 0, grpcPort: 0, buckets, containers: "host", ...options });
  t.after(() => batch.close());
  // Google's client looks here, and not into the configuration.
  process.env["FIRESTORE_EMULATOR_HOST"] = firestore.host;
  const rest = `http://127.0.0.1:${batch.restPort}`;
  let shift = 0;
  const { projectId } = project;
  const batchCall: World["batch"] = (method, path, body) =>
    call(method, `${rest}/v1/projects/${projectId}/${path}`, body);
  const world: World = {
    projectId,
    folder,
    buckets,
    firestore,
    batchAddress: `127.0.0.1:${batch.grpcPort}`,
    now: () => new Date(Date.now() + shift).toISOString(),
    pass: (seconds) => {
      shift += seconds * 1000;
    },
    batch: batchCall,
    jobs: async () => ((await batchCall("GET", "locations/-/jobs")).body.jobs ?? []).map(jobOf),
    async inState(state) {
      for (let looks = 0; looks < 500; looks++) {
        if ((await world.jobs()).every((job) => job.state === state)) return;
        await sleep(20);
      }
      throw new Error(`Batch never said ${state}: ${JSON.stringify(await world.jobs())}`);
    },
    async batchFault(...rules) {
      await call("DELETE", `${rest}/control/faults`);
      if (rules.length > 0) ok(await call("POST", `${rest}/control/faults`, rules));
    },
    storageFault: async (...faults) => ok(await call("POST", `${storage.url}/control/faults`, { faults })),
    mendStorage: async () => ok(await call("DELETE", `${storage.url}/control/faults`)),
    strike: async (jobId, verb) => ok(await call("POST", `${rest}/control/jobs/${jobId}:${verb}`)),
    console(databaseId = "bioagent") {
      const client = new Firestore({ projectId, databaseId, host: project.host, ssl: false });
      t.after(() => client.terminate());
      return client;
    },
    open: (more = {}) =>
      openCloudApp(t, world, more, {
        GOOGLE_CLOUD_PROJECT: projectId,
        STORAGE_EMULATOR_HOST: storage.url,
        BATCH_EMULATOR_HOST: world.batchAddress,
      }),
  };
  return world;
}

const jobOf = ({ name, uid, status, labels = {}, allocationPolicy }: Json): BatchJob => ({
  id: name.split("/").at(-1),
  region: name.split("/").at(3),
  state: status.state,
  spot: allocationPolicy?.instances?.[0]?.policy?.provisioningModel === "SPOT",
  uid,
  labels,
});

async function call(method: string, url: string, body?: unknown): Promise<{ status: number; body: Json }> {
  const answer = await fetch(url, {
    method,
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
  });
  const text = await answer.text();
  return { status: answer.status, body: text === "" ? null : JSON.parse(text) };
}

function ok({ status, body }: { status: number; body: Json }): void {
  if (status >= 300) throw new Error(`the emulator answered ${status}: ${JSON.stringify(body)}`);
}
