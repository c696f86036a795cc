import { resolve } from "node:path";
import { type ContactSettings, endpointsOf } from "../../../infra/first-contact/settings.ts";
import { REGION } from "../../core/region.ts";
import { UsageError } from "../failure.ts";

/** Of `bioagent doctor`, as the command line gives them. */
export interface DoctorOptions {
  readonly firstContact?: string;
  readonly region: string;
  readonly bucket?: string;
  readonly topic?: string;
  readonly serviceAccount?: string;
  readonly network?: string;
  readonly subnetwork?: string;
  readonly mirror?: string;
  readonly save?: string;
  readonly only?: string;
  readonly minutes: number;
  readonly yes?: boolean;
  readonly cleanup?: boolean;
  readonly endpoint?: string;
  readonly storageEndpoint?: string;
  readonly pubsubEndpoint?: string;
  readonly loggingEndpoint?: string;
  readonly computeEndpoint?: string;
}

const PATTERNS: readonly (readonly [keyof DoctorOptions, RegExp, string])[] = [
  [
    "firstContact",
    /^[a-z][a-z0-9.:-]{4,61}[a-z0-9]$/,
    "--first-contact: expected a project id, such as my-lab-123",
  ],
  ["region", REGION, "--region: expected a region, such as us-central1"],
  ["bucket", /^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$/, "--bucket: expected a bucket's name, without gs://"],
  [
    "topic",
    /^(?:projects\/[^/\s]+\/topics\/)?[A-Za-z][\w.~+%-]{2,254}$/,
    "--topic: expected T, or projects/P/topics/T",
  ],
  ["serviceAccount", /^[^@\s]+@[^@\s]+$/, "--service-account: expected an account's e-mail"],
  [
    "mirror",
    /^[a-z0-9.-]+-docker\.pkg\.dev\/[^\s]+$/,
    "--mirror: expected REGION-docker.pkg.dev/PROJECT/REPOSITORY",
  ],
  ["endpoint", /^https?:\/\//, "--endpoint: expected http:// or https://"],
  ["storageEndpoint", /^https?:\/\//, "--storage-endpoint: expected http:// or https://"],
  ["pubsubEndpoint", /^https?:\/\//, "--pubsub-endpoint: expected http:// or https://"],
  ["loggingEndpoint", /^https?:\/\//, "--logging-endpoint: expected http:// or https://"],
  ["computeEndpoint", /^https?:\/\//, "--compute-endpoint: expected http:// or https://"],
];

/** The settings of a run of first contact. Throws a `UsageError` with all that is wrong. */
export function contactSettings(options: DoctorOptions): ContactSettings {
  const problems = PATTERNS.flatMap(([name, pattern, problem]) => {
    const value = options[name];
    return typeof value === "string" && !pattern.test(value) ? [problem] : [];
  });
  if (problems.length > 0) throw new UsageError("these options are not right", problems);
  const project = options.firstContact!;
  const { region } = options;
  return {
    project,
    region,
    bucket: options.bucket ?? null,
    topic: fullName(options.topic, `projects/${project}/topics`),
    serviceAccount: options.serviceAccount ?? null,
    network: fullName(options.network, `projects/${project}/global/networks`),
    subnetwork: fullName(options.subnetwork, `projects/${project}/regions/${region}/subnetworks`),
    mirror: options.mirror?.replace(/\/+$/, "") ?? null,
    endpoints: endpointsOf({
      batch: options.endpoint,
      storage: options.storageEndpoint,
      pubsub: options.pubsubEndpoint,
      logging: options.loggingEndpoint,
      compute: options.computeEndpoint,
    }),
  };
}

/** A name alone is one of the project's own. */
const fullName = (given: string | undefined, parent: string): string | null =>
  given === undefined ? null : given.includes("/") ? given : `${parent}/${given}`;

/** Where answers are saved: one folder for each run. */
export function saveDirectory(options: DoctorOptions, cwd: string, now: Date): string {
  const minute = now.toISOString().slice(0, 16).replace(/[-:]/g, "").replace("T", "-");
  return resolve(cwd, options.save ?? `first-contact/${options.firstContact}-${minute}`);
}
