import { type Connected, connect, type Place } from "./connect.ts";

interface Entry {
  readonly connected: Promise<Connected>;
  /** Calls under way. */
  pending: number;
  isRetired: boolean;
}

/**
 * Google's client, and those that were given up because they did not answer in time. The client goes on repeating a call that
 * nobody waits for any more, and to end it meanwhile is an unhandled error: so it is ended after its last call.
 */
export class Clients {
  readonly #place: Place;
  #current: Entry | null = null;

  constructor(place: Place) {
    this.#place = place;
  }

  /** Does `body` with the client. Whoever loses patience calls `giveUp`. */
  async use<T>(body: (connected: Connected) => Promise<T>): Promise<T> {
    this.#current ??= this.#open();
    const entry = this.#current;
    entry.pending += 1;
    try {
      return await body(await entry.connected);
    } finally {
      entry.pending -= 1;
      if (entry.isRetired) await endIfIdle(entry);
    }
  }

  #open(): Entry {
    const entry = { connected: connect(this.#place), pending: 0, isRetired: false };
    entry.connected.catch(() => {
      if (this.#current === entry) this.#current = null;
    });
    return entry;
  }

  /** The next call gets a new client, with a new connection. */
  async giveUp(): Promise<void> {
    const entry = this.#current;
    this.#current = null;
    if (entry === null) return;
    entry.isRetired = true;
    await endIfIdle(entry);
  }
}

async function endIfIdle(entry: Entry): Promise<void> {
  if (entry.pending > 0) return;
  const connected = await entry.connected.catch(() => null);
  await connected?.client.terminate();
}
