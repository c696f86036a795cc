/** The only place that knows every vendor: it opens the ports that the configuration names. */
import { createHash } from "node:crypto";
import type { Deps } from "./app/deps.ts";
import { RunsCache } from "./app/runs-cache.ts";
import { openPing } from "./channels/ping.ts";
import {
  CHANNEL_KINDS,
  type ChannelConfig,
  type ChannelTraits,
  channelTraits,
  openChannel,
} from "./channels/registry.ts";
import {
  type ChannelKinds,
  type ChannelSettings,
  type Config,
  type Environment,
  environment,
  nameSources,
  type Resolved,
  resolveChannel,
  secretChannel,
  usesSecretManager,
} from "./config.ts";
import { lazyExecutor } from "./executors/lazy-executor.ts";
import { filesByScheme } from "./files/by-scheme.ts";
import { openGcsFiles } from "./files/gcs/gcs-files.ts";
import { openLocalFiles } from "./files/local.ts";
import { openAccessToken } from "./google/access-token.ts";
import { openOwnIdentity } from "./google/own-identity.ts";
import { openSecretManager } from "./google/secret-manager.ts";
import { writeLedger } from "./ledger/write-ledger.ts";
import { createPatterns } from "./pipelines/patterns.ts";
import { AdapterError, type Channel, type Executor, type Files, type Hash, type RunStore } from "./ports.ts";
import { openFirestoreStore } from "./stores/firestore/firestore-store.ts";

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
  const store = await openStore(config, options.warn);
  const files = filesByScheme({
    local: openLocalFiles(),
    gcs: openGcsFiles({ projectId: config.gcp.project, emulator: config.gcp.storageEmulator }),
  });
  const { channels, broken, traits } = openChannels(config, options, given);
  const deps: Deps = {
    store,
    executors: new Map((await openExecutors(config, { given, store, files })).map((one) => [one.kind, one])),
    files,
    channels,
    brokenChannels: broken,
    brokenTraits: traits,
    patterns: createPatterns(),
    ledger: writeLedger({ files, ledger: config.ledger, store }),
    hash,
    now: () => new Date().toISOString(),
    random: Math.random,
    dayOf: dayIn(config.localDay),
    defaultExecutor: config.executor,
    subscriptions: config.subscriptions,
    caps: config.caps,
    ping: pingOf(config, options.warn),
    warn: options.warn,
  };
  return { deps, cache: new RunsCache(), config, close: () => store.close() };
}

const pingOf = ({ pingUrl, allowPrivateUrls }: Config, warn: (text: string) => void): Deps["ping"] =>
  pingUrl === null
    ? async () => {}
    : openPing({ url: pingUrl, allowPrivateUrls, warn, now: () => performance.now() });

const hash: Hash = (text) => createHash("sha256").update(text).digest("hex");

/** What a deployed function has no use for is not loaded: this machine's store and executor, Batch before it is asked. */
async function openStore({ store, gcp }: Config, warn: (text: string) => void): Promise<RunStore> {
  if (store.kind === "sqlite") {
    const { openSqliteStore } = await import("./stores/sqlite/sqlite-store.ts");
    return openSqliteStore({ path: store.path, warn });
  }
  if (gcp.project === null) throw noProject("the firestore store");
  return openFirestoreStore({ projectId: gcp.project, databaseId: gcp.database, warn });
}

const noProject = (what: string): AdapterError =>
  new AdapterError(`${what} needs a Google Cloud project: set GOOGLE_CLOUD_PROJECT, or gcp.project`, {
    code: "no_project",
    retryable: false,
  });

/**
 * Those that can be used here. This machine's processes only where the store is this machine's too: another monitor of a
 * shared store could not see them.
 */
async function openExecutors(
  config: Config,
  { given, store, files }: { given: Environment; store: RunStore; files: Files },
): Promise<Executor[]> {
  const executors: Executor[] = [];
  if (config.store.kind === "sqlite") executors.push(await openLocal(config, given));
  if (config.gcp.project !== null) executors.push(openBatch(config, config.gcp.project, { store, files }));
  else if (config.executor === "gcp_batch") throw noProject("the executor gcp_batch");
  return executors;
}

async function openLocal({ local }: Config, { caller }: Environment): Promise<Executor> {
  const { openLocalExecutor } = await import("./executors/local/local-executor.ts");
  return openLocalExecutor({
    directory: local.directory,
    cpus: local.cpus ?? undefined,
    memoryBytes: local.memoryBytes ?? undefined,
    graceSeconds: local.graceSeconds,
    environment: { PATH: "/usr/local/bin:/usr/bin:/bin", ...caller },
  });
}

function openBatch(
  { gcp }: Config,
  project: string,
  { store, files }: { store: RunStore; files: Files },
): Executor {
  const { batchEmulator, ...settings } = gcp;
  return lazyExecutor("gcp_batch", async () => {
    const { openGcpBatchExecutor } = await import("./executors/gcp_batch/gcp-batch-executor.ts");
    return openGcpBatchExecutor({
      ...settings,
      project,
      emulator: batchEmulator,
      storeUid: () => store.uid(),
      readText: (uri) => files.read(uri),
      hash,
      now: () => new Date().toISOString(),
      random: Math.random,
    });
  });
}

/** The channels that can be used here, and why the others cannot: a missing variable fails no run. */
function openChannels(config: Config, options: AppOptions, given: Environment) {
  const channels = new Map<string, Channel>();
  const broken = new Map<string, string>();
  const traits = new Map<string, ChannelTraits>();
  for (const [name, settings] of Object.entries(config.channels)) {
    const opened = openNamed(name, settings, { config, options, given });
    if (opened.kind === "unusable") {
      broken.set(name, opened.reason);
      traits.set(name, channelTraits(settings));
    } else channels.set(name, opened.value);
  }
  return { channels, broken, traits };
}

/** One channel and nothing else of an app: what a bridge on somebody's Mac needs. */
export function openChannelAlone(
  name: string,
  settings: ChannelSettings,
  { config, options }: { config: Config; options: AppOptions },
): Resolved<Channel> {
  return openNamed(name, settings, { config, options, given: options.environment ?? environment() });
}

interface ChannelSurroundings {
  readonly config: Config;
  readonly options: AppOptions;
  readonly given: Environment;
}

function openNamed(
  name: string,
  settings: ChannelSettings,
  surroundings: ChannelSurroundings,
): Resolved<Channel> {
  const open = (filled: ChannelSettings) => openOne(name, filled, surroundings);
  if (!usesSecretManager(settings)) return open(settings);
  const { project } = surroundings.config.gcp;
  const readSecret = openSecretManager({ accessToken: openAccessToken(), project });
  const traits = channelTraits(settings);
  return { kind: "ready", value: secretChannel({ name, settings, traits, readSecret, open }) };
}

function openOne(
  name: string,
  settings: ChannelSettings,
  { config, options, given }: ChannelSurroundings,
): Resolved<Channel> {
  const resolved = resolveChannel(name, settings, { variables: given.variables, channelKinds });
  if (resolved.kind === "unusable") return resolved;
  const { write } = options;
  const { allowPrivateUrls } = config;
  const channel = openChannel(name, resolved.value as ChannelConfig, {
    write,
    allowPrivateUrls,
    identityToken: openOwnIdentity(),
  });
  const deliver: Channel["deliver"] = async (message, recipient) =>
    nameSources(await channel.deliver(message, recipient), name, settings);
  return { ...resolved, value: { ...channel, deliver } };
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
