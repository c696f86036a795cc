import type { Backlog } from "../../app/backlog.ts";
import type { Notice } from "../../core/notice.ts";
import { sayDuration } from "../../core/quantity.ts";
import type { App } from "../../wire.ts";
import { count } from "../render/count.ts";
import { secondsBetween } from "../render/time.ts";

/** A channel that nothing is sent on before a person has mended it. */
export interface DisabledChannel {
  readonly channel: string;
  readonly reason: string;
  readonly since: string;
  /** What enables it again. */
  readonly remedy: string;
}

/** How the channels stand: what waits on which, and which are disabled. */
export interface Standing {
  readonly backlog: readonly Backlog[];
  readonly disabled: readonly DisabledChannel[];
  /** More waits than was looked at. */
  readonly more: boolean;
}

/** Notices that are looked at; each is read. */
const MOST_OPEN = 5_000;

/** Of all channels that are configured or that something waits on, or of one. */
export async function channelStanding({ deps }: App, only?: string): Promise<Standing> {
  const { backlogs } = await import("../../app/backlog.ts");
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
      ? [{ channel, ...state.disabled, remedy: remedyOf(channel, channels.get(channel)?.pulled ?? false) }]
      : [],
  );
  return { backlog: backlogs(open, channels, deps.now()), disabled, more: open.length === MOST_OPEN };
}

function namesOf(deps: App["deps"], open: readonly Notice[], only: string | undefined): string[] {
  if (only !== undefined) return [only];
  const names = [
    ...deps.channels.keys(),
    ...deps.brokenChannels.keys(),
    ...open.map(({ channel }) => channel),
  ];
  return [...new Set(names)];
}

/** A bridge's channel is enabled by the first message that it reports as told. */
const remedyOf = (channel: string, pulled: boolean): string =>
  pulled ? `bioagent bridge imessage --channel ${channel} --check` : `bioagent notify test ${channel}`;

/** `lab: 40 notices wait; the last is told in about 40 s`. */
export function sayBacklog({ deps }: Pick<App, "deps">, backlog: Backlog, now: string): string {
  const { channel, waiting, messages, last_told_at, oldest } = backlog;
  const wait = `${count(waiting, "notice")} ${waiting === 1 ? "waits" : "wait"}`;
  const as = messages < waiting ? `, told in ${count(messages, "message")}` : "";
  const age = `the oldest for ${sayDuration(secondsBetween(oldest, now))}`;
  return `${channel}: ${wait}${as}; ${last_told_at === null ? `${age}: ${whyUntold(deps, channel)}` : `the last is told ${sayWhen(last_told_at, now)}`}`;
}

function sayWhen(instant: string, now: string): string {
  const seconds = secondsBetween(now, instant);
  return seconds < 1 ? "with the next pass" : `in about ${sayDuration(seconds)}`;
}

function whyUntold({ channels, brokenChannels }: App["deps"], name: string): string {
  const channel = channels.get(name);
  if (channel?.pulled) return `told when the bridge on its Mac fetches them`;
  if (channel) return "the channel is disabled, and they are given up with the next pass";
  return brokenChannels.get(name) ?? "the channel is not configured here; add it to bioagent.yaml";
}
