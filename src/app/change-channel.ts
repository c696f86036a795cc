import type { ChannelState, RunStore } from "../ports.ts";

/** Every sending writes a channel's state, in other processes too: races are common, and short. */
const MOST_RACES = 8;

/**
 * Writes what `change` makes of a channel's state, and gives it; the state as it is where that has nothing to change (null). Null: others
 * were faster, again and again.
 */
export async function changeChannel(
  store: RunStore,
  channel: string,
  change: (state: ChannelState) => ChannelState | null,
): Promise<ChannelState | null> {
  for (let race = 0; race < MOST_RACES; race++) {
    const state = await store.readChannel(channel);
    const changed = change(state);
    if (changed === null) return state;
    if (await store.updateChannel(changed)) return changed;
  }
  return null;
}
