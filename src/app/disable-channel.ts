import type { Notice } from "../core/notice.ts";
import { changeChannel } from "./change-channel.ts";
import type { Deps } from "./deps.ts";
import { noteBrokenChannel } from "./note-broken-channel.ts";

/** The channel of this notice is broken for good: nothing more is sent on it, and the run says so. Since when stays; why is the newest reason. */
export async function disableChannel(deps: Deps, notice: Notice, reason: string): Promise<void> {
  const now = deps.now();
  await changeChannel(deps.store, notice.channel, (state) =>
    state.disabled?.reason === reason
      ? null
      : { ...state, disabled: { reason, since: state.disabled?.since ?? now } },
  );
  await noteBrokenChannel(deps, notice, reason);
}
