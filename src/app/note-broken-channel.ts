import type { Notice } from "../core/notice.ts";
import type { Deps } from "./deps.ts";
import { messageOf } from "./probe.ts";

const MOST_RACES = 3;

/** The run's notes say that a channel is broken for good; whoever looks at the run sees why nobody was told. Never throws. */
export async function noteBrokenChannel(
  deps: Deps,
  { run_id, channel }: Notice,
  reason: string,
): Promise<void> {
  const note = `channel ${channel} is disabled, nobody is told there: ${reason}`;
  try {
    for (let race = 0; race < MOST_RACES; race++) {
      const run = await deps.store.readRun(run_id);
      if (!run || run.notes.includes(note)) return;
      const noted = { ...run, notes: [...run.notes, note] };
      const { kind } = await deps.store.commit({ run: noted, jobs: [], events: [], notices: [] });
      if (kind === "done") return;
    }
  } catch (error) {
    deps.warn(`the run ${run_id} could not be given the note "${note}": ${messageOf(error)}`);
  }
}
