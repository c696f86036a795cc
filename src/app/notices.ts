import type { Notice, NoticeStatus } from "../core/notice.ts";
import { didYouMeanOf } from "../core/spelling.ts";
import { channelStanding, type Standing } from "./channel-standing.ts";
import { type Deps, InvalidRequest, NotFound } from "./deps.ts";

export interface NoticesRequest {
  readonly run_id?: string | undefined;
  readonly channel?: string | undefined;
  readonly status?: readonly NoticeStatus[] | undefined;
  readonly limit: number;
}

/** What people were told, or are still to be told, the newest last; and how the channels stand. */
export interface NoticeList extends Standing {
  readonly notices: readonly Notice[];
}

export async function listNotices(deps: Deps, request: NoticesRequest): Promise<NoticeList> {
  const newest = await deps.store.queryNotices({ ...request, newest: true });
  if (request.channel !== undefined && newest.length === 0) refuseUnknown(deps, request.channel);
  return { notices: newest.toReversed(), ...(await channelStanding(deps, request.channel)) };
}

/** One that was taken out of the configuration may still have notices; one that has none and never was is a slip. */
function refuseUnknown(deps: Deps, channel: string): void {
  if (deps.channels.has(channel) || deps.brokenChannels.has(channel)) return;
  throw new InvalidRequest([{ path: "", message: sayUnknown(deps, channel) }]);
}

/** `there is no channel labb; did you mean lab?` */
export function sayUnknown({ channels, brokenChannels }: Deps, channel: string): string {
  const known = [...channels.keys(), ...brokenChannels.keys()];
  return `there is no channel ${channel}${didYouMeanOf("channels", channel, known)}`;
}

/** Of notices that were given up, so many are looked at at once. */
const MOST_AT_ONCE = 1000;

/** Puts a notice that was given up back into the outbox, or all of them; how many. The next pass sends them. */
export async function retryNotices(deps: Deps, id: string | null): Promise<number> {
  if (id !== null) return putBack(deps, [await givenUp(deps, id)]);
  const seen = new Set<string>();
  for (let retried = 0; ; ) {
    const failed = await deps.store.queryNotices({ status: ["failed"], limit: MOST_AT_ONCE });
    // What was put back may be given up again meanwhile: on a disabled channel at once.
    const fresh = failed.filter((notice) => !seen.has(notice.id));
    for (const notice of fresh) seen.add(notice.id);
    retried += await putBack(deps, fresh);
    if (failed.length < MOST_AT_ONCE || fresh.length === 0) return retried;
  }
}

async function putBack({ store, now }: Deps, notices: readonly Notice[]): Promise<number> {
  let back = 0;
  for (const notice of notices) if (await store.updateNotice(again(notice, now()))) back += 1;
  return back;
}

async function givenUp({ store }: Deps, id: string): Promise<Notice> {
  const notice = await store.readNotice(id);
  if (notice?.status === "failed") return notice;
  throw new NotFound(`no notice ${id} was given up; bioagent notices --failed lists them`);
}

/** As if it had not been tried: pauses begin anew, too. */
const again = (notice: Notice, now: string): Notice => ({
  ...notice,
  status: "pending",
  next_at: now,
  since: now,
  tries: 0,
  error: null,
});
