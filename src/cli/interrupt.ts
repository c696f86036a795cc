import { EXIT } from "./failure.ts";

/** A terminal and a parent process both send the signal of one Ctrl-C. */
const SAME_PRESS_MILLISECONDS = 400;
const SIGNAL_CODES = { SIGINT: EXIT.interrupted, SIGTERM: 143, SIGHUP: 129 } as const;

export interface Interrupt {
  readonly signal: AbortSignal;
  /** The exit code that the signal asks for; null when there was none. */
  readonly exitCode: () => number | null;
  readonly stop: () => void;
}

/** The first signal asks for an end in good order; a second one ends the process at once. */
export function listenForInterrupt(endNow: (exitCode: number) => void): Interrupt {
  const aborting = new AbortController();
  const pressed: { at: number; code: number }[] = [];
  const listeners = Object.entries(SIGNAL_CODES).map(([signal, code]) => {
    const listener = (): void => {
      const [first] = pressed;
      if (first && Date.now() - first.at > SAME_PRESS_MILLISECONDS) endNow(code);
      pressed.push({ at: Date.now(), code });
      aborting.abort();
    };
    process.on(signal, listener);
    return { signal, listener };
  });
  return {
    signal: aborting.signal,
    exitCode: () => pressed[0]?.code ?? null,
    stop: () => {
      for (const { signal, listener } of listeners) process.off(signal, listener);
    },
  };
}
