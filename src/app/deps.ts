import type { Audience } from "../core/draft.ts";
import type { Run, Subscription } from "../core/run.ts";
import type { ExecutorKind } from "../core/status.ts";
import type { Channel, Clock, Executor, Files, Hash, Patterns, RunStore } from "../ports.ts";

/** Caps that protect the bill and the store. */
export interface Caps {
  readonly jobsPerRun: number;
  readonly runsPerHour: number;
  /** Whatever the rules say. */
  readonly attemptsPerJob: number;
  /** No attempt asks for more, whatever the rules say; null: no cap. */
  readonly memoryBytes: number | null;
}

/** Writes the files that people and other tools read; returns warnings, never throws, never fails a run. */
export interface Ledger {
  /** After a pass: what changed of these runs is written, each at most once a minute unless its status changed. */
  record(changed: readonly Run[], now: string): Promise<string[]>;
}

/** Everything a use case works with: the ports, opened by `wire`, and the settings that are no port. */
export interface Deps {
  readonly store: RunStore;
  readonly executors: ReadonlyMap<ExecutorKind, Executor>;
  readonly files: Files;
  readonly channels: ReadonlyMap<string, Channel>;
  /** Channels that are configured and cannot be used here, and why (a variable is missing). */
  readonly brokenChannels: ReadonlyMap<string, string>;
  /** What is known of them all the same. */
  readonly brokenTraits?: ReadonlyMap<string, Pick<Channel, "follows" | "pulled" | "fallback">> | undefined;
  readonly patterns: Patterns;
  readonly ledger: Ledger;
  readonly hash: Hash;
  readonly now: Clock;
  /** Random numbers in [0, 1), for names. */
  readonly random: () => number;
  /** The day of an instant, for run ids: UTC, or in the configured zone. */
  readonly dayOf: (instant: string) => string;
  readonly defaultExecutor: ExecutorKind;
  readonly subscriptions: readonly Subscription[];
  readonly caps: Caps;
  /** Tells a watcher outside that the monitor lives: whoever stops cannot say so. Never throws, and takes a few seconds at most. */
  readonly ping: () => Promise<void>;
  /** What people should know of the machine's doings, a line each: warnings, never results. */
  readonly warn: (text: string) => void;
}

/** Whom every channel reaches, and which channels show runs as they go, as core wants it. */
export const audienceOf = ({
  channels,
  brokenTraits,
}: Pick<Deps, "channels" | "brokenTraits">): Audience => ({
  recipients: new Map([...channels].map(([name, channel]) => [name, channel.recipients])),
  followers: new Set(
    [...channels, ...(brokenTraits ?? [])].filter(([, { follows }]) => follows).map(([name]) => name),
  ),
});

/** The request was wrong, and nothing was changed: every problem, with its place. */
export class InvalidRequest extends Error {
  readonly problems: readonly { readonly path: string; readonly message: string }[];
  constructor(problems: readonly { readonly path: string; readonly message: string }[]) {
    super(problems.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join("\n"));
    this.name = "InvalidRequest";
    this.problems = problems;
  }
}

/** What was asked for does not go together with how things stand (a final run, a name in use). */
export class Conflict extends Error {
  override readonly name = "Conflict";
}

/** A cap per hour is reached: the same request may pass later. */
export class TooMany extends Error {
  override readonly name = "TooMany";
  /** Seconds until it may pass. */
  readonly afterSeconds: number;
  constructor(message: string, afterSeconds: number) {
    super(message);
    this.afterSeconds = afterSeconds;
  }
}

/** There is no such run or job. */
export class NotFound extends Error {
  override readonly name = "NotFound";
}
