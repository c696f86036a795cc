import { type Deliveries, deliver } from "./deliver.ts";
import type { Deps } from "./deps.ts";
import type { RunsCache } from "./runs-cache.ts";

/** Waiting for a channel that is away for longer is the next sweep's business, milliseconds. */
const LONGEST_WAIT = 15_000;
const SHORTEST_WAIT = 100;

export interface BacklogOptions {
  /** Notices of one round at most. */
  readonly limit: number;
  readonly runId?: string;
  readonly cache?: RunsCache;
  /** No round begins afterwards. */
  readonly isTimeUp: () => boolean;
  readonly sleep: (milliseconds: number) => Promise<void>;
}

/**
 * Delivers what is due, and what comes due while there is time: a channel that takes one message a second would else get one with
 * each call.
 */
export async function deliverBacklog(deps: Deps, options: BacklogOptions): Promise<Deliveries> {
  const { limit, runId, cache, isTimeUp, sleep } = options;
  const total = { sent: 0, postponed: 0, failed: [] as Deliveries["failed"] };
  for (;;) {
    const round = await deliver(deps, { limit, runId, cache });
    total.sent += round.sent;
    total.postponed = round.postponed;
    total.failed = [...total.failed, ...round.failed];
    const wait = isTimeUp() ? null : await untilNextDue(deps, runId);
    if (wait === null) return total;
    await sleep(wait);
    if (isTimeUp()) return total;
  }
}

/** Milliseconds; null when nothing comes due soon. What another process has claimed is its own. */
async function untilNextDue(deps: Deps, runId: string | undefined): Promise<number | null> {
  const now = Date.parse(deps.now());
  const due_at = new Date(now + LONGEST_WAIT).toISOString();
  const soon = await deps.store.queryNotices({ run_id: runId, status: ["pending"], due_at, limit: 1 });
  if (soon.length === 0) return null;
  return Math.max(SHORTEST_WAIT, Date.parse(soon[0]!.next_at ?? deps.now()) - now);
}
