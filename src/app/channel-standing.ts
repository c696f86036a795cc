import type { Notice } from "../core/notice.ts";
import { type Backlog, backlogs } from "./backlog.ts";
import type { Deps } from "./deps.ts";

/** What waits on a channel, and why nobody can say when the last of it is told. */
export interface StandingBacklog extends Backlog {
  /** Null where `last_told_at` says it. */
  readonly why: string | null;
  /** A bridge fetches it. */
  readonly pulled: boolean;
}

/** A channel that cannot be used where people are told: a variable is missing there. */
export interface UnusableChannel {
  readonly channel: string;
  readonly reason: string;
}

/** A channel that nothing is sent on before a person has mended it. */
export interface DisabledChannel {
  readonly channel: string;
  readonly reason: string;
  readonly since: string;
  /** What enables it again. */
  readonly remedy: string;
}

/** How the channels stand: what waits on which, and which are disabled or cannot be used. */
export interface Standing {
  readonly backlog: readonly StandingBacklog[];
  readonly disabled: readonly DisabledChannel[];
  readonly unusable: readonly UnusableChannel[];
  /** More waits than was looked at. */
  readonly more: boolean;
}

/** Notices that are looked at; each is read. */
const MOST_OPEN = 5_000;

/** Of all channels that are configured or that something waits on, or of one. */
export async function channelStanding(deps: Deps, only?: string): Promise<Standing> {
  const { store } = deps;
  const open = await store.queryNotices({
    channel: only,
    status: ["pending", "sending"],
    limit: MOST_OPEN,
  });
  const states = new Map(
    await Promise.all(
      namesOf(deps, open, only).map(async (name) => [name, await store.readChannel(name)] as const),
    ),
  );
  const channels = new Map(
    [...deps.channels].flatMap(([name, { paceMilliseconds, pulled }]) => {
      const state = states.get(name);
      return state ? [[name, { paceMilliseconds, pulled, state }] as const] : [];
    }),
  );
  const disabled = [...states].flatMap(([channel, state]) =>
    state.disabled
      ? [
          {
            channel,
            ...state.disabled,
            reason: state.disabled.reason.replace(/[^.]$/, "$&."),
            remedy: remedyOf(channel, channels.get(channel)?.pulled ?? false),
          },
        ]
      : [],
  );
  const backlog = backlogs(open, channels, deps.now()).map((each) => ({
    ...each,
    why: each.last_told_at === null ? whyUntold(deps, each.channel) : null,
    pulled: channels.get(each.channel)?.pulled ?? false,
  }));
  return { backlog, disabled, unusable: unusableOf(deps, only), more: open.length === MOST_OPEN };
}

function namesOf(deps: Deps, open: readonly Notice[], only: string | undefined): string[] {
  if (only !== undefined) return [only];
  const names = [
    ...deps.channels.keys(),
    ...deps.brokenChannels.keys(),
    ...open.map(({ channel }) => channel),
  ];
  return [...new Set(names)];
}

const unusableOf = ({ brokenChannels }: Deps, only: string | undefined): UnusableChannel[] =>
  [...brokenChannels]
    .filter(([channel]) => only === undefined || channel === only)
    .map(([channel, reason]) => ({ channel, reason }));

/** A bridge's channel is enabled by the first message that it reports as told. */
const remedyOf = (channel: string, pulled: boolean): string =>
  pulled ? `bioagent bridge imessage --channel ${channel} --check` : `bioagent notify test ${channel}`;

function whyUntold({ channels, brokenChannels }: Deps, name: string): string {
  const channel = channels.get(name);
  if (channel?.pulled) return "told when the bridge on its Mac fetches them";
  if (channel) return "the channel is disabled, and they are given up with the next pass";
  return brokenChannels.get(name) ?? "the channel is not configured here; add it to bioagent.yaml";
}
