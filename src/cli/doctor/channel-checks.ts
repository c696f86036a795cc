import { channelStanding, type DisabledChannel, type StandingBacklog } from "../../app/channel-standing.ts";
import { UNTOLD } from "../../app/tell-instead.ts";
import type { Config } from "../../config.ts";
import { count } from "../../core/count.ts";
import { sayDuration } from "../../core/quantity.ts";
import type { Channel } from "../../ports.ts";
import type { App } from "../../wire.ts";
import type { RemoteActions } from "../remote/remote-session.ts";
import { sayBacklog, sayDisabled } from "../render/standing.ts";
import { secondsBetween } from "../render/time.ts";
import { bad, type Check, good } from "./check.ts";

/** A refusal that lasts so long is more than a busy provider's. Seconds. */
const REFUSED = 900;
const COUNTED = 1000;

/** Whether people can be told: each channel, what waits, and whether anybody would notice that the monitor is silent. */
export async function tellingChecks(app: App, config: Config): Promise<Check[]> {
  try {
    const { backlog, disabled } = await channelStanding(app.deps);
    const now = app.deps.now();
    const seen = { app, config, now, backlog, disabled };
    const channels = Object.keys(config.channels).map((name) => channelCheck(seen, name));
    return [...channels, await outboxCheck(seen), watcherCheck(config)];
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const outbox = bad("notices", `the store could not be asked what is to be told: ${why}`);
    return [...withoutStore(app, config), outbox, watcherCheck(config)];
  }
}

/** Channels as far as they are known without a store: those that show a run have nothing to show. */
export function withoutStore(app: App, config: Config): Check[] {
  const seen = { app, config, now: app.deps.now(), backlog: [], disabled: [] };
  return Object.keys(config.channels).map((name) => {
    const follows = app.deps.channels.get(name)?.follows && isSubscribed(config, name);
    if (!follows) return channelCheck(seen, name);
    const what = `${name} (${config.channels[name]!.kind})`;
    return bad(
      "channel",
      `${what} shows runs as they go and reads them from the store, which does not work: it stands still until that is mended`,
    );
  });
}

interface Seen {
  readonly app: App;
  readonly config: Config;
  readonly now: string;
  readonly backlog: readonly StandingBacklog[];
  readonly disabled: readonly DisabledChannel[];
}

function channelCheck(seen: Seen, name: string): Check {
  const { app, config, now, backlog, disabled } = seen;
  const what = `${name} (${config.channels[name]!.kind})`;
  const broken = app.deps.brokenChannels.get(name);
  if (broken !== undefined) return bad("channel", broken);
  const off = disabled.find((each) => each.channel === name);
  if (off) return bad("channel", sayDisabled(off, what));
  const channel = app.deps.channels.get(name);
  const waits = backlog.find((each) => each.channel === name);
  const problem = channel && (channel.refused ?? stuck(waits, now) ?? lostFallback(seen, channel));
  if (problem) return bad("channel", `${what} ${problem}`);
  const unused = isSubscribed(config, name) ? "" : "; no subscription names it";
  return good("channel", `${what}${channel ? traitsOf(channel) : ""}${unused}`);
}

const isSubscribed = ({ subscriptions }: Config, name: string): boolean =>
  subscriptions.some(({ to }) => to.includes(name));

/**
 * A bridge asks every few seconds: what has waited for long, nobody fetches, or the Mac cannot tell. What is refused is tried again and
 * again, and its channel is not disabled: nobody would hear of it before a day has passed.
 */
function stuck(waits: StandingBacklog | undefined, now: string): string | null {
  if (!waits) return null;
  const { channel, waiting, oldest, pulled, refused } = waits;
  const age = secondsBetween(oldest, now);
  if (pulled && age > UNTOLD)
    return `is told by a bridge, and ${count(waiting, "notice")} untold, the oldest for ${sayDuration(age)}. On its Mac: bioagent bridge imessage --channel ${channel} --check`;
  return refused && age > REFUSED ? `has not taken what waits for ${sayDuration(age)}: ${refused}` : null;
}

function lostFallback({ app: { deps } }: Seen, { fallback }: Channel): string | null {
  if (fallback === undefined || deps.channels.has(fallback)) return null;
  return `has the fallback ${fallback}, which cannot be used here: what it cannot tell, nobody tells`;
}

function traitsOf({ follows, pulled, fallback }: Channel): string {
  return [
    ...(follows ? ["shows runs as they go"] : []),
    ...(pulled ? ["told by a bridge on its Mac"] : []),
    ...(fallback === undefined ? [] : [`else ${fallback}`]),
  ]
    .map((trait) => `, ${trait}`)
    .join("");
}

async function outboxCheck({ app, backlog, now }: Seen): Promise<Check> {
  const failed = await app.deps.store.queryNotices({ status: ["failed"], limit: COUNTED });
  return sayOutbox(backlog, failed.length, now);
}

function sayOutbox(backlog: readonly StandingBacklog[], failed: number, now: string): Check {
  const waiting = backlog.reduce((sum, each) => sum + each.waiting, 0);
  const remedy = ": bioagent notices --failed, then bioagent notify retry --all-failed";
  const text = [
    `${waiting} to be delivered, ${failed} given up${failed === 0 ? "" : remedy}`,
    ...backlog.map((each) => sayBacklog(each, now)),
  ].join("; ");
  return { name: "notices", ok: failed === 0, text };
}

/** The same of a deployed API, as far as it tells: channels that nobody is told on there, and what waits or was given up. */
export async function tellingThere(remote: Pick<RemoteActions, "notices">): Promise<Check[]> {
  const list = await remote.notices({ status: ["failed"], limit: COUNTED });
  const now = new Date().toISOString();
  const problems = [
    ...list.unusable.map(({ reason }) => `where the API runs, ${reason}`),
    ...list.disabled.map((each) => sayDisabled(each)),
    ...list.backlog.flatMap((each) => {
      const problem = stuck(each, now);
      return problem === null ? [] : [`${each.channel} ${problem}`];
    }),
  ];
  return [
    ...problems.map((problem) => bad("channel", problem)),
    sayOutbox(list.backlog, list.notices.length, now),
  ];
}

/** Whoever has stopped cannot say so. */
const watcherCheck = ({ pingUrl }: Config): Check =>
  pingUrl === null
    ? good(
        "watcher",
        "none: ping_url is not set, and only somebody outside can tell that the monitor itself is silent (docs/notifications.md)",
      )
    : good("watcher", "ping_url is asked after every pass");
