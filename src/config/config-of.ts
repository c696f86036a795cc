import { resolve } from "node:path";
import { bytesOf, secondsOf } from "../core/quantity.ts";
import type { Subscription } from "../core/run.ts";
import type { ExecutorKind } from "../core/status.ts";
import { CONSOLE } from "./check-channels.ts";
import type { Settings } from "./schema.ts";
import type { ChannelSettings } from "./secrets.ts";

/** The configuration in force: frozen, complete, paths absolute. Channels' secrets are not in it (see `resolveChannel`). */
export interface Config {
  /** The file that it was read from, or null. */
  readonly file: string | null;
  readonly store: { readonly kind: "sqlite"; readonly path: string } | { readonly kind: "firestore" };
  readonly executor: ExecutorKind;
  /** A folder, or `gs://`. */
  readonly ledger: string;
  readonly pipelines: string;
  readonly url: string | null;
  readonly publicUrl: string | null;
  /** A secret: whoever knows it can say that the monitor lives. */
  readonly pingUrl: string | null;
  readonly token: string | null;
  /** E-mails; empty: whoever IAM lets in. */
  readonly invokers: readonly string[];
  /** Addresses of this service; empty: a token's audience is not looked at. */
  readonly audience: readonly string[];
  /** Whether a request may bring a whole pipeline; null: not said, so only where a face allows it by itself. */
  readonly allowInline: boolean | null;
  readonly allowPrivateUrls: boolean;
  /** A time zone's name. */
  readonly localDay: string;
  readonly local: {
    /** Null: all of the machine. */
    readonly cpus: number | null;
    readonly memoryBytes: number | null;
    readonly directory: string;
    readonly graceSeconds: number;
  };
  /** Google Cloud. Null: not set, so the service's own default, or none. */
  readonly gcp: {
    readonly project: string | null;
    readonly region: string;
    readonly zones: readonly string[];
    readonly database: string;
    readonly network: string | null;
    readonly subnetwork: string | null;
    readonly externalIp: boolean;
    readonly serviceAccount: string | null;
    readonly imageMirror: Readonly<Record<string, string>>;
    readonly imageAllowanceBytes: number;
    readonly topic: string | null;
    readonly cloudLogging: boolean;
    readonly labels: Readonly<Record<string, string>>;
    readonly batchEmulator: string | null;
    readonly storageEmulator: string | null;
  };
  readonly caps: {
    readonly jobsPerRun: number;
    readonly attemptsPerJob: number;
    /** Null: none. */
    readonly memoryBytes: number | null;
    readonly runsPerHour: number;
  };
  readonly references: Readonly<Record<string, string>>;
  readonly channels: Readonly<Record<string, ChannelSettings>>;
  readonly subscriptions: readonly Subscription[];
}

const DEFAULT_SUBSCRIPTIONS: readonly Subscription[] = [
  { on: ["run.completed", "run.failed", "run.cancelled"], to: ["console"] },
];

/** Settings as they are used: units plain, paths absolute, defaults that depend on others filled in. */
export function configOf(settings: Settings, { cwd, file }: { cwd: string; file: string | null }): Config {
  const { local, caps, gcp } = settings;
  const at = (path: string): string => (path.startsWith("gs://") ? path : resolve(cwd, path));
  return deepFreeze({
    file,
    store:
      settings.store === "firestore"
        ? { kind: "firestore" }
        : { kind: "sqlite", path: at(settings.store.slice("sqlite:".length)) },
    executor: settings.executor,
    ledger: at(settings.ledger),
    pipelines: at(settings.pipelines),
    url: settings.url ?? null,
    publicUrl: settings.public_url ?? null,
    pingUrl: settings.ping_url ?? null,
    token: settings.token ?? null,
    invokers: settings.invokers,
    audience: settings.audience,
    allowInline: settings.allow_inline ?? null,
    allowPrivateUrls: settings.allow_private_urls,
    localDay: settings.local_day,
    local: {
      cpus: local.cpus ?? null,
      memoryBytes: local.memory === undefined ? null : bytesOf(local.memory),
      directory: resolve(cwd, local.directory),
      graceSeconds: secondsOf(local.grace),
    },
    gcp: {
      project: gcp.project ?? null,
      region: gcp.region,
      zones: gcp.zones,
      database: gcp.database,
      network: gcp.network ?? null,
      subnetwork: gcp.subnetwork ?? null,
      externalIp: gcp.external_ip ?? !(gcp.network && gcp.subnetwork),
      serviceAccount: gcp.service_account ?? null,
      imageMirror: gcp.image_mirror,
      imageAllowanceBytes: bytesOf(gcp.image_allowance),
      topic: gcp.topic ?? null,
      cloudLogging: gcp.cloud_logging,
      labels: gcp.labels,
      batchEmulator: gcp.batch_emulator ?? null,
      storageEmulator: gcp.storage_emulator ?? null,
    },
    caps: {
      jobsPerRun: caps.jobs_per_run,
      attemptsPerJob: caps.attempts_per_job,
      memoryBytes: caps.memory === undefined ? null : bytesOf(caps.memory),
      runsPerHour: caps.runs_per_hour,
    },
    references: settings.references,
    channels: { console: CONSOLE, ...settings.channels },
    subscriptions: settings.subscriptions ?? DEFAULT_SUBSCRIPTIONS,
  } satisfies Config);
}

function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    for (const inner of Object.values(value)) deepFreeze(inner);
    Object.freeze(value);
  }
  return value;
}
