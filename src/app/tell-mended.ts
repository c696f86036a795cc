import type { Notice } from "../core/notice.ts";
import type { Deps } from "./deps.ts";

const MOST_NOTICES = 200;

/**
 * What waits because its channel could not be used (a variable was missing) and can be used in this process is due now: who has mended
 * it, and starts us again, need not wait out the pause.
 */
export async function tellMended(deps: Deps): Promise<void> {
  const now = deps.now();
  for (const channel of deps.channels.keys()) {
    const query = { channel, status: ["pending"] as const, limit: MOST_NOTICES };
    for (const notice of await deps.store.queryNotices(query))
      if (lackedChannel(notice) && (notice.next_at ?? now) > now)
        await deps.store.updateNotice({ ...notice, next_at: now });
  }
}

/** So begin our own words on a channel that cannot be opened; a provider's answer begins with who gave it. */
export const lackedChannel = ({ channel, error }: Notice): boolean =>
  error !== null &&
  (error.startsWith(`channel ${channel} (`) || error.startsWith(`channel ${channel} is not`));
