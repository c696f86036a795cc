import { type GuardedFetch, GuardedFetchError, guardedFetch } from "./guarded-fetch.ts";
import { redactor } from "./redact.ts";

export interface PingOptions {
  /** A secret: whoever knows it can say that the monitor lives. */
  readonly url: string;
  readonly allowPrivateUrls: boolean;
  readonly warn: (text: string) => void;
  /** Milliseconds. */
  readonly now: () => number;
  readonly fetch?: GuardedFetch | undefined;
}

/** Watchers count in minutes; passes may come every second. */
const BETWEEN_PINGS = 30_000;
const PATIENCE = 5_000;

/**
 * Asks an address of a watcher outside (healthchecks.io and the like), at most twice a minute. A failure is a warning, once until it
 * works again, and nothing else: the watcher itself will say that it heard nothing.
 */
export function openPing({ url, allowPrivateUrls, warn, now, fetch }: PingOptions): () => Promise<void> {
  const ask = fetch ?? guardedFetch({ allowPrivateUrls, timeoutMilliseconds: PATIENCE, headOnly: true });
  const redact = redactor([url]);
  let last = Number.NEGATIVE_INFINITY;
  let failed = false;
  const fail = (what: string): void => {
    if (!failed) warn(redact(`the watcher at ping_url was not told that the monitor lives: ${what}`));
    failed = true;
  };
  return async () => {
    if (now() - last < BETWEEN_PINGS) return;
    last = now();
    try {
      const { status } = await ask(url, { method: "GET" });
      if (status >= 200 && status < 300) failed = false;
      else fail(`it answered ${status}; check the address`);
    } catch (error) {
      fail(error instanceof GuardedFetchError ? error.message : String(error));
    }
  };
}
