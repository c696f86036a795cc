import type { StateListener } from "./engine/life.ts";
import type { Timers } from "./engine/timers.ts";
import type { Travel } from "./faults.ts";
import type { Chance, JobRecord } from "./model.ts";
import {
  envelope,
  jobAttributes,
  type Message,
  newMessage,
  taskAttributes,
  topicsForJob,
  topicsForTask,
} from "./notify/message.ts";
import { strippedToken, type TokenClaims } from "./notify/token.ts";

/** Where Pub/Sub pushes what jobs publish. */
export interface PushOptions {
  /** For every topic that `topics` does not name; null for none. */
  readonly url?: string | null | undefined;
  /** By the topic's full name (`projects/P/topics/T`) or its last part. */
  readonly topics?: Readonly<Record<string, string>> | undefined;
  /** Claims of the token, or the token itself. */
  readonly token?: TokenClaims | string | undefined;
  /** Before the first repetition; doubles up to a minute. Milliseconds. */
  readonly backoffMs?: number | undefined;
}

export interface Notifier extends StateListener {
  /** Messages not acknowledged yet. */
  pending(): Message[];
  /** Goes on with messages of a state file. */
  resume(messages: readonly Message[]): void;
  readonly counts: { published: number; deliveries: number; refused: number };
  close(): void;
}

export interface NotifierParts {
  readonly chance: Chance;
  readonly timers: Timers;
  readonly speed: number;
  readonly travel: (record: JobRecord) => Travel;
  /** Something changed that is to be saved. */
  readonly touch: () => void;
  readonly push: PushOptions;
}

/** How long Pub/Sub waits for an acknowledgement. */
const PATIENCE_MS = 30_000;
const LONGEST_PAUSE_MS = 60_000;
/** Pushes under way at one time. */
const MOST_AT_ONCE = 32;

/** Publishes state changes and pushes them, at least once and in no particular order, until each is acknowledged. */
export function createNotifier(parts: NotifierParts): Notifier {
  const { chance, timers, push } = parts;
  const pending = new Set<Message>();
  const ready: Message[] = [];
  const counts = { published: 0, deliveries: 0, refused: 0 };
  const closed = new AbortController();
  let underWay = 0;

  const send = (message: Message, delayMs: number) => {
    pending.add(message);
    timers.after(delayMs, () => {
      ready.push(message);
      work();
    });
  };
  const work = () => {
    while (underWay < MOST_AT_ONCE && ready.length > 0 && !closed.signal.aborted) {
      underWay += 1;
      void deliver(ready.shift()!).finally(() => {
        underWay -= 1;
        work();
      });
    }
  };
  const deliver = async (message: Message) => {
    counts.deliveries += 1;
    const accepted = await post(message, tokenFor(push, message.url, chance.now()), closed.signal);
    if (closed.signal.aborted) return; // still pending: saved, and sent by the next emulator
    if (accepted) pending.delete(message);
    else {
      counts.refused += 1;
      message.failures += 1;
      send(message, Math.min(LONGEST_PAUSE_MS, (push.backoffMs ?? 250) * 2 ** (message.failures - 1)));
    }
    parts.touch();
  };
  const publish = (record: JobRecord, topics: readonly string[], attributes: Record<string, string>) => {
    for (const topic of topics) {
      const url = urlFor(push, topic);
      if (url === null) continue;
      counts.published += 1;
      const { duplicates, delayMs, shuffleMs } = parts.travel(record);
      const message = newMessage(chance, url, topic, attributes);
      for (let copy = 0; copy <= duplicates; copy += 1) {
        send({ ...message }, (delayMs + chance.random() * shuffleMs) / parts.speed);
      }
    }
  };
  return {
    counts,
    jobChanged: (record, state) => publish(record, topicsForJob(record, state), jobAttributes(record, state)),
    taskChanged(record, index, state) {
      const topics = topicsForTask(record, state);
      if (topics.length > 0) publish(record, topics, taskAttributes(record, index, state));
    },
    pending: () => [...pending],
    resume(messages) {
      for (const message of messages) send(message, 0);
    },
    close: () => closed.abort(),
  };
}

function urlFor(push: PushOptions, topic: string): string | null {
  return push.topics?.[topic] ?? push.topics?.[topic.split("/").at(-1)!] ?? push.url ?? null;
}

function tokenFor({ token = {} }: PushOptions, url: string, nowMs: number): string {
  return typeof token === "string" ? token : strippedToken(token, url, nowMs);
}

/** True when the endpoint acknowledged. */
async function post(message: Message, token: string, closed: AbortSignal): Promise<boolean> {
  try {
    const response = await fetch(message.url, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        authorization: `Bearer ${token}`,
        "user-agent": "APIs-Google",
      },
      body: envelope(message),
      redirect: "manual",
      signal: AbortSignal.any([closed, AbortSignal.timeout(PATIENCE_MS)]),
    });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false; // nobody there, or too slow: it is sent again
  }
}
