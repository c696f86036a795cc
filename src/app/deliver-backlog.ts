import type { Deliveries } from "./deliver.ts";
import { openRounds, type Rounds, type RoundsOptions } from "./deliver-rounds.ts";
import type { Deps } from "./deps.ts";

export interface BacklogOptions extends RoundsOptions {
  /** No sending begins at or after this instant, epoch milliseconds by the clock of `deps`. */
  readonly until: number;
  /** Nothing more begins after it. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Delivers what is due, and what comes due while there is time: a channel that takes one message a second would else get one with
 * each call. The channels go side by side; what was begun is waited for.
 */
export async function deliverBacklog(
  deps: Deps,
  options: BacklogOptions,
  rounds: Rounds = openRounds(deps, options),
): Promise<Deliveries> {
  const { until, signal } = options;
  const timeLeft = () => (signal?.aborted ? 0 : until - Date.parse(deps.now()));
  const errors: unknown[] = [];
  try {
    while (timeLeft() > 0 && errors.length === 0) {
      const wait = await rounds.begin(until);
      const next = wait !== null && wait < timeLeft() ? wait : null;
      if (next === null && !rounds.isBusy()) break;
      await rounds.pause(next, signal);
      errors.push(...rounds.takeErrors());
    }
  } finally {
    await rounds.end();
  }
  errors.push(...rounds.takeErrors());
  if (errors.length > 0) throw errors[0];
  return rounds.told();
}
