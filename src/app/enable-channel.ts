import type { RunStore } from "../ports.ts";

/** A channel that has just told something works; whether it was disabled until now. A lost race is lost to somebody who knows better. */
export async function enableChannel(store: RunStore, channel: string): Promise<boolean> {
  const state = await store.readChannel(channel);
  return state.disabled !== null && (await store.updateChannel({ ...state, disabled: null }));
}
