import type { RunStore } from "../ports.ts";
import { changeChannel } from "./change-channel.ts";

/** A channel that has just told something works; whether it was disabled until now. */
export async function enableChannel(store: RunStore, channel: string): Promise<boolean> {
  if ((await store.readChannel(channel)).disabled === null) return false;
  return (await changeChannel(store, channel, (state) => ({ ...state, disabled: null }))) !== null;
}
