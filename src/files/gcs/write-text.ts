import { createHash } from "node:crypto";
import { type ObjectPlace, objectAt, uriOf } from "./address.ts";
import type { BucketClient, ObjectFact } from "./bucket-client.ts";
import { hasCode } from "./cloud-error.ts";
import type { Sleep } from "./retries.ts";

/** https://cloud.google.com/storage/quotas: one write a second of one object. A little more, for clocks differ. */
const PACE_MILLISECONDS = 1_050;
/** Lost races before it is given up. */
const ROUNDS = 8;
const MOST_REMEMBERED = 10_000;

interface Options {
  readonly client: Pick<BucketClient, "stat" | "write">;
  /** Milliseconds. */
  readonly now: () => number;
  readonly sleep: Sleep;
}

interface Known {
  /** As we last wrote it; null when that is not certain. */
  readonly fact: ObjectFact | null;
  readonly writtenAt: number;
}

/**
 * Writes texts, one writing of an object at a time: each replaces exactly the generation that it saw, at most once a
 * second, and nothing at all when the object already says so. Of those that wait for their turn only the newest is written.
 */
export function openWriting({ client, now, sleep }: Options): (uri: string, text: string) => Promise<void> {
  const known = new Map<string, Known>();

  function remember(key: string, fact: ObjectFact | null): void {
    known.delete(key);
    known.set(key, { fact, writtenAt: now() });
    if (known.size > MOST_REMEMBERED) known.delete(known.keys().next().value!);
  }

  async function pause(key: string): Promise<void> {
    const written = known.get(key)?.writtenAt;
    const wait = written === undefined ? 0 : written + PACE_MILLISECONDS - now();
    // A clock that was set back must not stop the writer.
    if (wait > 0) await sleep(Math.min(wait, PACE_MILLISECONDS));
  }

  async function replace(place: ObjectPlace, text: string): Promise<void> {
    const key = uriOf(place);
    const bytes = Buffer.from(text, "utf8");
    const md5 = createHash("md5").update(bytes).digest("hex");
    const says = (fact: ObjectFact | null) => fact?.size === bytes.length && fact.md5 === md5;
    // What we wrote ourselves is likely to be there still: the condition tells when it is not.
    const ours = known.get(key)?.fact ?? null;
    let fact = ours === null || says(ours) ? await client.stat(place) : ours;
    for (let round = 1; !says(fact); round += 1) {
      await pause(key);
      try {
        fact = await client.write(place, bytes, fact?.generation ?? "0");
        remember(key, fact);
      } catch (error) {
        remember(key, null);
        if (!hasCode(error, "conflict") || round === ROUNDS) throw error;
        fact = await client.stat(place);
      }
    }
  }

  return oneAtATime(replace);
}

interface Lane {
  /** Ends, never fails, when all that was asked so far is done. */
  tail: Promise<void>;
  waiting: { text: string; readonly done: Promise<void> } | null;
}

/** Lets the newest text stand for all that wait behind the one that is being written. */
function oneAtATime(replace: (place: ObjectPlace, text: string) => Promise<void>) {
  const lanes = new Map<string, Lane>();
  return function write(uri: string, text: string): Promise<void> {
    const place = objectAt(uri);
    const lane = lanes.get(uri) ?? { tail: Promise.resolve(), waiting: null };
    lanes.set(uri, lane);
    if (lane.waiting) {
      lane.waiting.text = text;
      return lane.waiting.done;
    }
    const done = lane.tail.then(() => {
      const newest = lane.waiting!.text;
      lane.waiting = null;
      return replace(place, newest);
    });
    lane.waiting = { text, done };
    lane.tail = done.then(forget, forget);
    return done;

    function forget(): void {
      if (lane.waiting === null) lanes.delete(uri);
    }
  };
}
