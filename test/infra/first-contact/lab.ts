/** A cloud for first contact: the emulators of Batch, Storage and Pub/Sub, and an optional liar before Batch. */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openEmulator } from "../../../infra/batch-emulator/emulator.ts";
import { ASSERTIONS } from "../../../infra/first-contact/assertions/all.ts";
import { type ContactRun, runFirstContact } from "../../../infra/first-contact/first-contact.ts";
import { planContact } from "../../../infra/first-contact/plan.ts";
import { type ContactSettings, endpointsOf } from "../../../infra/first-contact/settings.ts";
import { openPubsubEmulator } from "../../../infra/pubsub-emulator/emulator.ts";
import { openStorageEmulator } from "../../../infra/storage-emulator/emulator.ts";

export const PROJECT = "secret-lab-4711";
export const BUCKET = "secret-bucket-4711";

export interface Lab {
  readonly directory: string;
  readonly settings: ContactSettings;
  readonly urls: { readonly batch: string; readonly storage: string; readonly pubsub: string };
  /** Jobs that are there now. */
  jobs(): Promise<readonly { readonly name: string }[]>;
  close(): Promise<void>;
}

export async function openLab(): Promise<Lab> {
  const directory = await mkdtemp(join(tmpdir(), "bioagent-first-contact-"));
  const buckets = join(directory, "buckets");
  await mkdir(join(buckets, BUCKET), { recursive: true });
  const pubsub = await openPubsubEmulator();
  const storage = await openStorageEmulator({ directory: buckets });
  const emulator = await openEmulator({
    restPort: 0,
    grpcPort: 0,
    buckets,
    containers: "host",
    // Long enough to be met on the way, on a busy machine too.
    latencies: { cancelMs: 400, deleteMs: 400 },
    push: { url: `${pubsub.url}/push` },
  });
  const urls = { batch: `http://127.0.0.1:${emulator.restPort}`, storage: storage.url, pubsub: pubsub.url };
  return {
    directory,
    urls,
    settings: settingsFor(urls),
    async jobs() {
      const response = await fetch(`${urls.batch}/v1/projects/${PROJECT}/locations/-/jobs?pageSize=500`);
      return ((await response.json()) as { jobs?: { name: string }[] }).jobs ?? [];
    },
    async close() {
      await emulator.close();
      await storage.close();
      await pubsub.close();
      await rm(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    },
  };
}

export const settingsFor = (urls: Partial<Lab["urls"]>): ContactSettings => ({
  project: PROJECT,
  region: "us-central1",
  bucket: BUCKET,
  topic: null,
  serviceAccount: null,
  network: null,
  subnetwork: null,
  mirror: null,
  endpoints: endpointsOf(urls),
});

/** First contact in this process, without a word. */
export function contact(settings: ContactSettings, more: { only?: string } & Partial<ContactRun> = {}) {
  const { only = null, ...rest } = more;
  return runFirstContact({
    settings,
    credentials: async () => ({}),
    plan: planContact(ASSERTIONS, settings, only),
    signal: new AbortController().signal,
    minutes: 1,
    say: () => {},
    answered: () => {},
    ...rest,
  });
}

interface Exchange {
  readonly method: string;
  readonly path: string;
  readonly body: string;
}

/** Waits until no job is there but those whose ids end so. */
export async function onlyLeft(lab: Lab, ...ids: string[]): Promise<void> {
  const deadline = Date.now() + 10_000;
  const others = async () => (await lab.jobs()).filter(({ name }) => !ids.includes(name.split("/").at(-1)!));
  while ((await others()).length > 0) {
    if (Date.now() > deadline)
      throw new Error(`jobs were left: ${JSON.stringify(await others()).slice(0, 300)}`);
    await new Promise((done) => setTimeout(done, 20));
  }
}

/** Stands before a service, and answers what `lie` gives; null passes on; `pass` is asked instead, `edit` changes the answer. */
export async function openLiar(
  target: string,
  lie: (
    asked: Exchange,
  ) => { status: number; body: unknown } | { pass: string } | { edit: (text: string) => string } | null,
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString("utf8");
    const { method = "GET", url: path = "/" } = request;
    const answer = lie({ method, path, body });
    if (answer !== null && "status" in answer) {
      response.writeHead(answer.status, { "content-type": "application/json" });
      return response.end(JSON.stringify(answer.body));
    }
    const passed = answer !== null && "pass" in answer ? answer.pass : body;
    const real = await fetch(`${target}${path}`, { method, ...(passed === "" ? {} : { body: passed }) });
    response.writeHead(real.status, { "content-type": "application/json" });
    const text = await real.text();
    response.end(answer !== null && "edit" in answer ? answer.edit(text) : text);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}
