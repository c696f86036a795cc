/** A stand-in for Cloud Scheduler: asks a URL by POST, again and again, never twice at once. Nobody hears of failures but `warn`. */
export function startScheduler(options: {
  readonly url: string;
  /** Milliseconds from one request's beginning to the next one's, unless it takes longer. */
  readonly every: number;
  readonly warn: (text: string) => void;
}): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const asking = (async () => {
    while (!stopping.signal.aborted) {
      const begun = Date.now();
      await ask(options.url, stopping.signal).catch((error: unknown) => {
        if (!stopping.signal.aborted) options.warn(`scheduler: ${String(error)}`);
      });
      await pause(options.every - (Date.now() - begun), stopping.signal);
    }
  })();
  return {
    async stop() {
      stopping.abort();
      await asking;
    },
  };
}

/** As long as Scheduler waits by itself: https://cloud.google.com/scheduler/docs/reference/rest/v1/projects.locations.jobs */
const ATTEMPT_DEADLINE = 180_000;

async function ask(url: string, signal: AbortSignal): Promise<void> {
  const headers = { "user-agent": "Google-Cloud-Scheduler", "x-cloudscheduler": "true" };
  const within = AbortSignal.any([signal, AbortSignal.timeout(ATTEMPT_DEADLINE)]);
  const answer = await fetch(url, { method: "POST", headers, signal: within });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}: ${text.slice(0, 300)}`);
}

export const pause = (milliseconds: number, signal: AbortSignal): Promise<void> =>
  new Promise((done) => {
    if (signal.aborted || milliseconds <= 0) return done();
    const stop = (): void => {
      clearTimeout(timer);
      done();
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      done();
    }, milliseconds);
    signal.addEventListener("abort", stop, { once: true });
  });
