import { describe } from "node:test";
import { checkChannels } from "./run-store/channels.ts";
import { checkCommit } from "./run-store/commit.ts";
import { checkEvents } from "./run-store/events.ts";
import { checkLoad } from "./run-store/load.ts";
import { checkNotices } from "./run-store/notices.ts";
import type { OpenRunStores } from "./run-store/on-stores.ts";
import { checkQueryJobs } from "./run-store/query-jobs.ts";
import { checkQueryRuns } from "./run-store/query-runs.ts";
import { checkResolve } from "./run-store/resolve.ts";
import { checkStart } from "./run-store/start.ts";
import { checkThreads } from "./run-store/threads.ts";

export type { OpenRunStores } from "./run-store/on-stores.ts";

/** What every run store must do, whatever it is made of: only the port is used. */
export function runStoreContract(name: string, open: OpenRunStores): void {
  describe(name, () => {
    checkStart(open);
    checkCommit(open);
    checkLoad(open);
    checkEvents(open);
    checkQueryRuns(open);
    checkQueryJobs(open);
    checkResolve(open);
    checkNotices(open);
    checkChannels(open);
    checkThreads(open);
  });
}
