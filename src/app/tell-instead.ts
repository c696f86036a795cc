import type { Notice } from "../core/notice.ts";
import { toldInstead } from "../core/outbox.ts";
import type { Deps } from "./deps.ts";

/**
 * Puts into the outbox what the channel's fallback shall tell instead, before the notice is given up: whoever dies in between does it
 * again, and adds nothing twice.
 */
export async function tellInstead(deps: Deps, notice: Notice): Promise<void> {
  const { channel } = notice;
  const fallback = (deps.channels.get(channel) ?? deps.brokenTraits?.get(channel))?.fallback;
  if (fallback === undefined) return;
  const why = notice.error ?? "nobody has fetched it";
  for (const recipient of deps.channels.get(fallback)?.recipients ?? [fallback]) {
    const instead = toldInstead(notice, { channel: fallback, recipient, why, now: deps.now() });
    if (instead) await deps.store.addNotice(instead);
  }
}
