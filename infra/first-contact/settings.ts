/** What a run of first contact is made with. */
export interface ContactSettings {
  readonly project: string;
  readonly region: string;
  /** A bucket that exists; null: what needs one is skipped. */
  readonly bucket: string | null;
  /** `projects/P/topics/T` that exists; null: a topic is made and deleted. */
  readonly topic: string | null;
  /** The account that jobs run as; null: Batch's default. */
  readonly serviceAccount: string | null;
  readonly network: string | null;
  readonly subnetwork: string | null;
  /** Prefix of an Artifact Registry remote of quay.io: `us-docker.pkg.dev/my-lab/quay`. */
  readonly mirror: string | null;
  readonly endpoints: Endpoints;
}

/** Where each service answers; null: it is not there (only beside an emulator). */
export interface Endpoints {
  readonly batch: string;
  readonly storage: string | null;
  readonly pubsub: string | null;
  readonly logging: string | null;
  /** Machines are preempted, deleted and counted here. */
  readonly compute: string | null;
  /** Where a project's permissions are asked for. */
  readonly projects: string | null;
}

export const REAL_ENDPOINTS: Endpoints = {
  batch: "https://batch.googleapis.com",
  storage: "https://storage.googleapis.com",
  pubsub: "https://pubsub.googleapis.com",
  logging: "https://logging.googleapis.com",
  compute: "https://compute.googleapis.com",
  projects: "https://cloudresourcemanager.googleapis.com",
};

/** With a Batch endpoint of its own, only the services that are named with it are spoken to: nothing leaves for Google by accident. */
export function endpointsOf(
  given: { readonly [service in keyof Endpoints]?: string | undefined },
): Endpoints {
  const trimmed = Object.fromEntries(
    Object.entries(given).flatMap(([service, url]) => (url ? [[service, url.replace(/\/+$/, "")]] : [])),
  );
  // The Batch emulator answers for Cloud Logging too.
  const base = trimmed["batch"]
    ? { storage: null, pubsub: null, logging: trimmed["batch"], compute: null, projects: null }
    : REAL_ENDPOINTS;
  return { ...REAL_ENDPOINTS, ...base, ...trimmed };
}

/** Whether the Batch service is a stand-in: then waits are short, and what it cannot know is skipped. */
export const isEmulated = ({ endpoints }: ContactSettings): boolean =>
  !/^https:\/\/([a-z0-9-]+\.)*googleapis\.com$/.test(endpoints.batch);

/** The label that everything carries which a run makes. Its value is the run's id. */
export const LABEL = "bioagent-first-contact";

/** What the ids of all its jobs begin with. */
export const JOB_PREFIX = "bioagent-fc-";

/** Never more jobs than this in one run, whatever happens. */
export const MOST_JOBS = 60;
/** Jobs with machines at one time: a new project has eight addresses. */
export const MOST_MACHINES = 8;
