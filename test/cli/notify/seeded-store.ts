import { join } from "node:path";
import type { Notice } from "../../../src/core/notice.ts";
import type { ChannelState } from "../../../src/ports.ts";
import { openSqliteStore } from "../../../src/stores/sqlite/sqlite-store.ts";
import { aCommit, aNotice, aStart } from "../../support/documents.ts";

export const ago = (seconds: number): string => new Date(Date.now() - seconds * 1000).toISOString();

/** Makes the store that the command line opens in this folder, with a run, these notices and channels that stand so; the run's id. */
export async function seedStore(
  cwd: string,
  notices: readonly Partial<Notice>[],
  channels: readonly Partial<ChannelState>[] = [],
): Promise<string> {
  const path = join(cwd, "bioagent", "store.db");
  const store = openSqliteStore({ path, warn: () => {} });
  try {
    const result = await store.start(aStart());
    if (result.kind !== "created") throw new Error(`the run was not made: ${result.kind}`);
    const { run } = result;
    const made = notices.map((fields, at) =>
      aNotice({ run_id: run.run_id, id: `${run.run_id}~n${at}`, ...fields }),
    );
    await store.commit(aCommit(run, { notices: made }));
    for (const fields of channels) {
      const state = await store.readChannel(fields.channel!);
      await store.updateChannel({ ...state, ...fields });
    }
    return run.run_id;
  } finally {
    await store.close();
  }
}
