import { z } from "zod";
import { REGION } from "../core/region.ts";
import { Duration, Size } from "../core/resources.ts";
import { EXECUTOR_KINDS } from "../core/status.ts";
import { MeetableSubscription } from "./meetable-subscription.ts";
import { urlSuchAs } from "./url.ts";

export const CHANNEL_NAME = /^[a-z][a-z0-9_-]{0,39}$/;

const Url = urlSuchAs("https://bioagent-abc123.a.run.app");

const isTimeZone = (name: string): boolean => {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).format(0) !== "";
  } catch {
    return false; // RangeError is how Intl says that there is no such zone
  }
};

const count = z.number().int().positive();

const Local = z.strictObject({
  cpus: z.number().positive().optional().meta({
    env: "BIOAGENT_LOCAL_CPUS",
    otherwise: "all of the machine",
    about: "CPUs that jobs of this machine share",
  }),
  memory: Size.optional().meta({
    env: "BIOAGENT_LOCAL_MEMORY",
    otherwise: "all of the machine",
    about: "memory that jobs of this machine share, `16GiB`",
  }),
  directory: z
    .string()
    .min(1)
    .default("bioagent/local")
    .meta({ about: "where attempts work and keep their logs" }),
  grace: Duration.default("10s").meta({ about: "from TERM to KILL when an attempt is cancelled" }),
});

const Gcp = z.strictObject({
  project: z
    .string()
    .regex(/^[a-z][a-z0-9.:-]{4,61}[a-z0-9]$/, { error: "expected a project id, such as my-lab-123" })
    .optional()
    .meta({ env: "GOOGLE_CLOUD_PROJECT", otherwise: "none", about: "the Google Cloud project" }),
  region: z
    .string()
    .regex(REGION, { error: "expected a region, such as us-central1" })
    .default("us-central1")
    .meta({ env: "BIOAGENT_REGION", about: "where Batch jobs run when a run does not say" }),
  zones: z.array(z.string()).max(20).default([]).meta({ about: "zones of the region; empty: any" }),
  database: z
    .string()
    .regex(/^(?:\(default\)|[a-z][a-z0-9-]{2,61}[a-z0-9])$/, {
      error: "expected a database id, such as bioagent",
    })
    .default("bioagent")
    .meta({ env: "BIOAGENT_DATABASE", about: "the Firestore database" }),
  network: z.string().optional().meta({ otherwise: "Batch's default", about: "VPC network of the VMs" }),
  subnetwork: z.string().optional().meta({ otherwise: "Batch's default", about: "its subnetwork" }),
  external_ip: z.boolean().optional().meta({
    otherwise: "not where `network` and `subnetwork` are set",
    about: "VMs get external addresses (without: Private Google Access, and NAT for other registries)",
  }),
  service_account: z
    .string()
    .regex(/^[^@\s]+@[^@\s]+$/, { error: "expected a service account's e-mail" })
    .optional()
    .meta({
      env: "BIOAGENT_JOB_ACCOUNT",
      otherwise: "Batch's default",
      about: "the account that jobs run as",
    }),
  image_mirror: z
    .record(z.string(), z.string())
    .default({})
    .meta({ about: "where images of a registry are pulled from: `quay.io: us-docker.pkg.dev/my-lab/quay`" }),
  image_allowance: Size.default("30GiB").meta({
    about: "boot disk beside the step's `disk`: system and image",
  }),
  topic: z
    .string()
    .regex(/^projects\/[^/]+\/topics\/[^/]+$/, { error: "expected projects/P/topics/T" })
    .optional()
    .meta({
      env: "BIOAGENT_TOPIC",
      otherwise: "none: the poll alone sees changes",
      about: "Pub/Sub topic that Batch tells about ends of jobs",
    }),
  cloud_logging: z
    .boolean()
    .default(true)
    .meta({ about: "jobs' output goes to Cloud Logging too, for `logs --follow`" }),
  labels: z
    .record(
      z.string().regex(/^(?!goog|batch-|bioagent-)[a-z][a-z0-9_-]{0,62}$/, {
        error: "a label's name is lower case letters, digits, - and _, and not ours or Google's",
      }),
      z.string().regex(/^[a-z0-9_-]{0,63}$/, {
        error: "a label's value is lower case letters, digits, - and _, at most 63",
      }),
    )
    .default({})
    .meta({ about: "labels on every job, VM and disk, for the bill" }),
  batch_emulator: z
    .string()
    .regex(/^[^\s/]+:\d+$/, { error: "expected HOST:PORT" })
    .optional()
    .meta({
      env: "BATCH_EMULATOR_HOST",
      otherwise: "none: the real service",
      about: "gRPC address of a Batch emulator",
    }),
  storage_emulator: z.string().optional().meta({
    env: "STORAGE_EMULATOR_HOST",
    otherwise: "none: the real service",
    about: "address of a Cloud Storage emulator, `http://127.0.0.1:9199`",
  }),
});

const Caps = z.strictObject({
  jobs_per_run: count.max(1_000_000).default(100_000).meta({ about: "a larger run is refused" }),
  attempts_per_job: count.max(999).default(20).meta({ about: "whatever the rules say" }),
  memory: Size.optional().meta({
    otherwise: "none",
    about: "no attempt asks for more, whatever the rules say",
  }),
  runs_per_hour: count.max(100_000).default(60).meta({ about: "further ones are refused" }),
});

/**
 * Every setting: its place in the file, its variable (`env`), its default and its meaning (`about`). The table of the
 * README is made from it.
 */
export const Settings = z.strictObject({
  store: z
    .string()
    .regex(/^(?:firestore|sqlite:.+)$/, { error: "expected sqlite:PATH or firestore" })
    .default("sqlite:bioagent/store.db")
    .meta({ env: "BIOAGENT_STORE", about: "where runs are kept: `sqlite:PATH` or `firestore`" }),
  executor: z.enum(EXECUTOR_KINDS).default("local").meta({
    env: "BIOAGENT_EXECUTOR",
    about: "where runs execute when they do not say: `local`, `slurm`, `gcp_batch`",
  }),
  ledger: z.string().min(1).default("bioagent").meta({
    env: "BIOAGENT_LEDGER",
    about: "folder or `gs://` of the files that people read: `runs/`, `memory.md`",
  }),
  pipelines: z.string().min(1).default("pipelines").meta({
    env: "BIOAGENT_PIPELINES",
    about: "folder or `gs://` where a pipeline's name is looked up",
  }),
  url: Url.optional().meta({
    env: "BIOAGENT_URL",
    otherwise: "none: this machine",
    about: "a deployed API that the command line speaks to",
  }),
  public_url: Url.optional().meta({
    env: "BIOAGENT_PUBLIC_URL",
    otherwise: "none",
    about: "where people will open the page; no notice links to it yet",
  }),
  ping_url: urlSuchAs("https://hc-ping.com/UUID (or set BIOAGENT_PING_URL instead)").optional().meta({
    env: "BIOAGENT_PING_URL",
    otherwise: "none",
    about:
      "asked after every pass over the runs, so that a watcher outside (a dead man's switch) notices when passes stop",
  }),
  token: z
    .string()
    .refine((text) => /^[\x21-\x7e]{16,}$/.test(text), "expected at least 16 characters, without blanks")
    .optional()
    .meta({
      env: "BIOAGENT_TOKEN",
      environmentOnly: true,
      otherwise: "none: loopback only",
      about: "what callers of `bioagent serve` must present",
    }),
  invokers: z
    .array(z.string().regex(/^[^@\s,]+@[^@\s,]+$/, { error: "expected the e-mail of an account" }))
    .max(20)
    .default([])
    .meta({
      env: "BIOAGENT_INVOKERS",
      otherwise: "whoever IAM lets in",
      about: "accounts that may call `poll` and `deliver` on Cloud Run; in the variable with commas",
    }),
  audience: z.array(z.string().min(1).max(500)).max(20).default([]).meta({
    env: "BIOAGENT_AUDIENCE",
    otherwise: "not looked at",
    about: "addresses of this service that callers' tokens are made for; in the variable with commas",
  }),
  allow_inline: z.boolean().optional().meta({
    env: "BIOAGENT_ALLOW_INLINE",
    otherwise: "false; true for `bioagent serve`",
    about: "a request may bring its whole pipeline, not only a name",
  }),
  allow_private_urls: z.boolean().default(false).meta({
    env: "BIOAGENT_ALLOW_PRIVATE_URLS",
    about: "channels may use http, loopback and private addresses (tests, `dev`)",
  }),
  local_day: z
    .string()
    .refine(isTimeZone, {
      error: (issue) =>
        `${JSON.stringify(issue.input)} is no time zone: expected a name such as Europe/Berlin or UTC`,
    })
    .default("UTC")
    .meta({ about: "the time zone whose day stands in run ids" }),
  local: Local.prefault({}),
  gcp: Gcp.prefault({}),
  caps: Caps.prefault({}),
  references: z
    .record(
      z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, {
        error: "a reference's name is letters, digits, ., _ and -",
      }),
      z.string().min(1).max(1000),
    )
    .default({})
    .meta({ about: "names of references and where they lie: `GRCh38: gs://refs/GRCh38`" }),
  channels: z
    .record(
      z.string().regex(CHANNEL_NAME, {
        error: "a channel's name is lower case letters, digits, - and _, at most 40",
      }),
      z.looseObject({ kind: z.string() }),
    )
    .default({})
    .meta({ otherwise: "`console`, which is always there", about: "where notices go" }),
  subscriptions: z.array(MeetableSubscription).max(200).optional().meta({
    otherwise: "the end of every run, to `console`",
    about: "which notices go to which channels",
  }),
});
export type Settings = z.infer<typeof Settings>;

/** What `meta` says of a setting. */
export interface SettingMeta {
  readonly env?: string;
  readonly environmentOnly?: boolean;
  /** What holds when it is not set, where there is no default value. */
  readonly otherwise?: string;
  readonly about: string;
}
