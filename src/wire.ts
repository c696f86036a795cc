/** The only place that knows every vendor: it opens the ports that the configuration names. */
import { createHash } from "node:crypto";
import type { Deps } from "./app/deps.ts";
import { RunsCache } from "./app/runs-cache.ts";
import { CHANNEL_KINDS, type ChannelConfig, openChannel } from "./channels/registry.ts";
import { type ChannelKinds, type Config, type Environment, environment, resolveChannel } from "./config.ts";
import { openLocalExecutor } from "./executors/local/local-executor.ts";
import { openLocalFiles } from "./files/local.ts";
import { writeLedger } from "./ledger/write-ledger.ts";
import { createPatterns } from "./pipelines/patterns.ts";
import { AdapterError, type Channel, type RunStore } from "./ports.ts";
import { openSqliteStore } from "./stores/sqlite/sqlite-store.ts";

/** Everything opened, for one process. */
export interface App {
  readonly deps: Deps;
  readonly cache: RunsCache;
  readonly config: Config;
  close(): Promise<void>;
}

export interface AppOptions {
  /** Where the console channel writes. */
  readonly write: (text: string) => void | Promise<void>;
  readonly warn: (text: string) => void;
  /** The caller's environment; read by `environment()` unless given. */
  readonly environment?: Environment;
}

/** The settings of each kind of channel, for `readConfig`. */
export const channelKinds: ChannelKinds = Object.fromEntries(
  Object.entries(CHANNEL_KINDS).map(([kind, { config }]) => [kind, config]),
);

/** Opens store, executors, files and channels. Throws an `AdapterError` that says what cannot be opened, and why. */
export async function openApp(config: Config, options: AppOptions): Promise<App> {
  const given = options.environment ?? environment();
  const store = openStore(config, options.warn);
  const files = openLocalFiles();
  const executor = openLocalExecutor({
    directory: config.local.directory,
    cpus: config.local.cpus ?? undefined,
    memoryBytes: config.local.memoryBytes ?? undefined,
    graceSeconds: config.local.graceSeconds,
    environment: { PATH: "/usr/local/bin:/usr/bin:/bin", ...given.caller },
  });
  const { channels, broken } = openChannels(config, options, given);
  const deps: Deps = {
    store,
    executors: new Map([[executor.kind, executor]]),
    files,
    channels,
    brokenChannels: broken,
    patterns: createPatterns(),
    ledger: writeLedger({ files, ledger: config.ledger, store }),
    hash: (text) => createHash("sha256").update(text).digest("hex"),
    now: () => new Date().toISOString(),
    random: Math.random,
    dayOf: dayIn(config.localDay),
    defaultExecutor: config.executor,
    subscriptions: config.subscriptions,
    caps: config.caps,
    warn: options.warn,
  };
  return { deps, cache: new RunsCache(), config, close: () => store.close() };
}

function openStore(config: Config, warn: (text: string) => void): RunStore {
  if (config.store.kind === "sqlite") return openSqliteStore({ path: config.store.path, warn });
  throw new AdapterError(
    "the firestore store comes with the cloud deployment; set BIOAGENT_STORE=sqlite:PATH here",
    {
      code: "not_available",
      retryable: false,
    },
  );
}

/** The channels that can be used here, and why the others cannot: a missing variable fails no run. */
function openChannels(config: Config, options: AppOptions, { variables }: Environment) {
  const channels = new Map<string, Channel>();
  const broken = new Map<string, string>();
  for (const [name, settings] of Object.entries(config.channels)) {
    const resolved = resolveChannel(name, settings, { variables, channelKinds });
    if (resolved.kind === "unusable") {
      broken.set(name, resolved.reason);
      continue;
    }
    const { write } = options;
    channels.set(
      name,
      openChannel(name, resolved.value as ChannelConfig, {
        write,
        allowPrivateUrls: config.allowPrivateUrls,
      }),
    );
  }
  return { channels, broken };
}

/** The calendar day of an instant in a time zone, `2026-02-27`. */
function dayIn(timeZone: string): (instant: string) => string {
  const format = new Intl.DateTimeFormat("en-CA", {
    timeZone,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
  });
  return (instant) => format.format(new Date(instant));
}
