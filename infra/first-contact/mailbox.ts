import { isOk, pause } from "./http.ts";
import { dig, listAt, textAt } from "./json.ts";
import type { PubsubRest } from "./pubsub-rest.ts";

/** A message of the topic, as it was pulled. */
export interface Mail {
  readonly message: unknown;
  readonly attributes: Readonly<Record<string, string>>;
  /** Epoch milliseconds. */
  readonly pulledAt: number;
}

/** The messages that Batch sent about our jobs, gathered while everything else goes on. */
export interface Mailbox {
  /** Every message whose attributes or body name the job. */
  about(jobId: string): readonly Mail[];
  /** Of them, as soon as there are as many as `count`; what there is, after the time. */
  wait(jobId: string, count: number, milliseconds: number): Promise<readonly Mail[]>;
  /** Null while it works, else what came back when it did not. */
  trouble(): string | null;
  close(): Promise<void>;
}

interface MailboxParts {
  readonly pubsub: PubsubRest;
  readonly subscription: string;
  readonly signal: AbortSignal;
  /** Between two pulls. */
  readonly everyMilliseconds: number;
}

export function openMailbox({ pubsub, subscription, signal, everyMilliseconds }: MailboxParts): Mailbox {
  const mails: Mail[] = [];
  const state: { open: boolean; trouble: string | null } = { open: true, trouble: null };
  const stop = new AbortController();
  const stopped = AbortSignal.any([signal, stop.signal]);
  const work = gather().catch((error: unknown) => {
    // Ended by us, or by Ctrl-C, which everything else tells of.
    if (!stopped.aborted) throw error;
  });
  work.catch(() => {}); // told by close()

  async function gather(): Promise<void> {
    while (state.open) {
      await pull().catch((error: unknown) => {
        if (stopped.aborted) throw error;
        state.trouble = error instanceof Error ? error.message : String(error);
      });
      await pause(everyMilliseconds, stopped);
    }
  }
  async function pull(): Promise<void> {
    const answer = await pubsub.pull(subscription);
    state.trouble = isOk(answer) ? null : `${answer.status} ${textAt(answer.body, "error.message")}`;
    for (const one of listAt(answer.body, "receivedMessages")) mails.push(mailOf(dig(one, "message")));
  }
  const about = (jobId: string): Mail[] => mails.filter(({ message }) => names(message, jobId));
  return {
    about,
    async wait(jobId, count, milliseconds) {
      const until = Date.now() + milliseconds;
      while (about(jobId).length < count && Date.now() < until) await pause(everyMilliseconds, signal);
      return about(jobId);
    },
    trouble: () => state.trouble,
    async close() {
      state.open = false;
      stop.abort();
      await work;
    },
  };
}

function mailOf(message: unknown): Mail {
  const attributes = (dig(message, "attributes") ?? {}) as Readonly<Record<string, string>>;
  return { message, attributes, pulledAt: Date.now() };
}

/** Where the name stands is one of the questions: so it is looked for everywhere. */
function names(message: unknown, jobId: string): boolean {
  const body = Buffer.from(textAt(message, "data"), "base64").toString("utf8");
  const text = `${JSON.stringify(dig(message, "attributes") ?? {})} ${body}`;
  return new RegExp(`/jobs/${jobId}(?![a-z0-9-])`).test(text);
}
