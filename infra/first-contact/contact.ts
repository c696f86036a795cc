import { type BatchRest, createBatchRest } from "./batch-rest.ts";
import type { Credentials } from "./credentials.ts";
import { type Answer, createHttp, type Http, pause } from "./http.ts";
import { createLab, type Lab } from "./lab.ts";
import { createLogsRest, type LogsRest } from "./logs-rest.ts";
import { createMachines, type Machines } from "./machines.ts";
import type { Mailbox } from "./mailbox.ts";
import { type OpenMail, openMail } from "./open-mail.ts";
import type { Site } from "./probe.ts";
import { createPubsubRest, type PubsubRest } from "./pubsub-rest.ts";
import { type ContactSettings, isEmulated } from "./settings.ts";
import { createStorageRest, type StorageRest } from "./storage-rest.ts";

/** All that an assertion's check works with. */
export interface Contact {
  readonly settings: ContactSettings;
  readonly runId: string;
  readonly site: Site;
  readonly http: Http;
  readonly batch: BatchRest;
  readonly storage: StorageRest | null;
  readonly mailbox: Mailbox | null;
  readonly logs: LogsRest | null;
  readonly machines: Machines | null;
  readonly lab: Lab;
  wait(milliseconds: number): Promise<void>;
  /** Asks until `enough`, or until the seconds are over; the last answer. */
  ask(question: () => Promise<Answer>, enough: (answer: Answer) => boolean, seconds: number): Promise<Answer>;
}

export interface ContactParts {
  readonly settings: ContactSettings;
  readonly credentials: Credentials;
  readonly runId: string;
  readonly signal: AbortSignal;
  /** Epoch milliseconds. */
  readonly deadline: number;
  readonly say: (line: string) => void;
}

/** The services of one run, asked with one signal; of all runs, where `runId` is empty. */
export interface Services {
  readonly http: Http;
  readonly batch: BatchRest;
  readonly storage: StorageRest | null;
  readonly pubsub: PubsubRest | null;
}

/** What all objects of first contact lie under, in the bucket that was given. */
export const OBJECTS = "bioagent-first-contact";

export function openServices({
  settings,
  credentials,
  runId,
  signal,
}: Pick<ContactParts, "settings" | "credentials" | "runId" | "signal">): Services {
  const http = createHttp(credentials, signal);
  const { bucket, endpoints } = settings;
  return {
    http,
    batch: createBatchRest(http, settings, runId),
    storage:
      bucket !== null && endpoints.storage !== null
        ? createStorageRest(http, endpoints.storage, bucket, runId === "" ? OBJECTS : `${OBJECTS}/${runId}`)
        : null,
    pubsub: endpoints.pubsub === null ? null : createPubsubRest(http, endpoints.pubsub),
  };
}

/** Opens what assertions work with: makes the subscription, and a topic where none was given. */
export async function openContact(
  parts: ContactParts,
  services: Services,
): Promise<{ contact: Contact; mail: OpenMail | null }> {
  const { settings, runId, signal } = parts;
  const { http, batch, storage, pubsub } = services;
  const emulated = isEmulated(settings);
  const mail = pubsub === null ? null : await openMail({ ...parts, pubsub, emulated });
  const site: Site = {
    settings,
    runId,
    emulated,
    storagePath: storage?.path ?? null,
    topic: mail?.topic ?? null,
    seconds: (real, short) => (emulated ? short : real),
  };
  const machines = createMachines(http, settings);
  const logging = settings.endpoints.logging;
  const contact: Contact = {
    settings,
    runId,
    site,
    http,
    batch,
    storage,
    machines,
    mailbox: mail?.mailbox ?? null,
    logs:
      logging === null
        ? null
        : createLogsRest(http, {
            base: logging,
            project: settings.project,
            signal,
            pauseMilliseconds: emulated ? 30 : 3000,
          }),
    lab: createLab({ ...parts, site, batch, storage, machines }),
    wait: (milliseconds) => pause(milliseconds, signal),
    async ask(question, enough, seconds) {
      const until = Date.now() + seconds * 1000;
      for (;;) {
        const answer = await question();
        if (enough(answer) || Date.now() > until) return answer;
        await pause(emulated ? 60 : 3000, signal);
      }
    },
  };
  return { contact, mail };
}
