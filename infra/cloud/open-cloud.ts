import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { openEmulator } from "../batch-emulator/emulator.ts";
import { startFirestoreEmulator } from "../firestore-emulator.ts";
import { freePort } from "../free-port.ts";
import { openStorageEmulator } from "../storage-emulator/emulator.ts";
import { type FunctionProcess, startFunction } from "./function-process.ts";
import { startNoticeTrigger } from "./notice-trigger.ts";
import { startScheduler } from "./scheduler.ts";

/** The bucket that is there from the start; its ledger and pipelines lie in it. */
export const BUCKET = "bioagent-dev";
export const FUNCTION_NAMES = ["api", "poll", "deliver"] as const;
export type FunctionName = (typeof FUNCTION_NAMES)[number];

export interface CloudOptions {
  /** Buckets and the Batch emulator's state live here. */
  readonly directory: string;
  /** The module that registers the functions. */
  readonly functions: string;
  /** Where the functions run: their `bioagent.yaml` is looked for here. */
  readonly cwd: string;
  /** Of the API; 0 takes a free one. */
  readonly port: number;
  /** Milliseconds between two polls. */
  readonly every: number;
  readonly scenario?: string | undefined;
  readonly seed?: number | undefined;
  readonly projectId: string;
  /** What the functions find in their environment besides the addresses of this cloud. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** A line that a part prints. */
  readonly print: (part: string, line: string) => void;
}

export interface Cloud {
  readonly projectId: string;
  readonly buckets: string;
  readonly batchRest: string;
  /** What a client of this cloud needs in its environment. */
  readonly variables: Readonly<Record<string, string>>;
  readonly functions: Readonly<Record<FunctionName, FunctionProcess>>;
  close(): Promise<void>;
}

/**
 * A cloud in a box: Firestore's official emulator, the Batch and storage emulators, each function in a process of its own
 * under functions-framework, a scheduler that polls, Batch's messages pushed to the poll, and the trigger of new notices.
 */
export async function openCloud(options: CloudOptions): Promise<Cloud> {
  // Google's client looks for a machine of Google's otherwise, and complains when there is none.
  process.env["METADATA_SERVER_DETECTION"] ??= "none";
  const closing: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (const stop of closing.splice(0).reverse()) await stop();
  };
  try {
    return { ...(await openParts(options, closing)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function openParts(
  options: CloudOptions,
  closing: (() => Promise<unknown>)[],
): Promise<Omit<Cloud, "close">> {
  const { directory, projectId, every } = options;
  const buckets = join(directory, "buckets");
  await mkdir(join(buckets, BUCKET), { recursive: true });
  const ports = {
    api: options.port || (await freePort()),
    poll: await freePort(),
    deliver: await freePort(),
  };
  const warn = (text: string): void => options.print("cloud", text);
  const firestore = await startFirestoreEmulator({ environment: options.environment });
  closing.push(() => firestore.stop());
  const storage = await openStorageEmulator({ directory: buckets, port: 0 });
  closing.push(() => storage.close());
  const batch = await openEmulator({
    restPort: 0,
    grpcPort: 0,
    scenario: options.scenario,
    seed: options.seed,
    buckets,
    containers: "host",
    push: { url: `http://127.0.0.1:${ports.poll}/` },
  });
  closing.push(() => batch.close());
  const variables = {
    GOOGLE_CLOUD_PROJECT: projectId,
    FIRESTORE_EMULATOR_HOST: firestore.host,
    STORAGE_EMULATOR_HOST: storage.url,
    BATCH_EMULATOR_HOST: `127.0.0.1:${batch.grpcPort}`,
    METADATA_SERVER_DETECTION: "none",
    NODE_ENV: "production",
    BIOAGENT_STORE: "firestore",
    BIOAGENT_EXECUTOR: "gcp_batch",
    BIOAGENT_LEDGER: `gs://${BUCKET}/ledger`,
  };
  const functions = await startFunctions(options, ports, variables, closing);
  const scheduler = startScheduler({ url: functions.poll.url, every, warn });
  closing.push(() => scheduler.stop());
  const { url } = functions.deliver;
  const databaseId = options.environment["BIOAGENT_DATABASE"] ?? "bioagent";
  const trigger = await startNoticeTrigger({ projectId, databaseId, firestore: firestore.host, url, warn });
  closing.push(() => trigger.stop());
  return { projectId, buckets, batchRest: `http://127.0.0.1:${batch.restPort}/`, variables, functions };
}

async function startFunctions(
  options: CloudOptions,
  ports: Readonly<Record<FunctionName, number>>,
  variables: Readonly<Record<string, string>>,
  closing: (() => Promise<unknown>)[],
): Promise<Record<FunctionName, FunctionProcess>> {
  const environment = {
    ...options.environment,
    ...variables,
    BIOAGENT_TOPIC: `projects/${options.projectId}/topics/bioagent`,
    BIOAGENT_ALLOW_INLINE: "true",
    BIOAGENT_ALLOW_PRIVATE_URLS: "true",
  };
  const start = async (name: FunctionName): Promise<FunctionProcess> => {
    const started = await startFunction({
      name,
      source: options.functions,
      port: ports[name],
      cwd: options.cwd,
      environment,
      print: (line) => options.print(name, line),
    });
    closing.push(() => started.stop());
    return started;
  };
  const [api, poll, deliver] = await Promise.all(FUNCTION_NAMES.map(start));
  return { api: api!, poll: poll!, deliver: deliver! };
}
