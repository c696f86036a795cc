import type { Clock, Hash } from "../../ports.ts";

/** What the configuration says of Batch (its `gcp` section), and what the executor is given to work with. */
export interface GcpBatchOptions {
  readonly project: string;
  /** Where jobs run whose attempts name no zones. */
  readonly region: string;
  /** Of that region; empty: any. */
  readonly zones: readonly string[];
  readonly network: string | null;
  readonly subnetwork: string | null;
  readonly externalIp: boolean;
  readonly serviceAccount: string | null;
  /** Registry, and where its images are pulled from. */
  readonly imageMirror: Readonly<Record<string, string>>;
  readonly imageAllowanceBytes: number;
  readonly topic: string | null;
  readonly cloudLogging: boolean;
  readonly labels: Readonly<Record<string, string>>;
  /** The store whose attempts these are: what is not its own is never touched. */
  readonly storeUid: () => Promise<string>;
  /** gRPC address of a Batch emulator, HOST:PORT; null: the service. */
  readonly emulator: string | null;
  /** Address of a Cloud Storage emulator as the VMs reach it; null: the service. */
  readonly storageEmulator: string | null;
  /** Reads a text object, null when there is none: `Files.read`. */
  readonly readText: (uri: string) => Promise<string | null>;
  /** Cloud Logging's address, for tests; no login is used with it. */
  readonly loggingEndpoint?: string | undefined;
  readonly now: Clock;
  /** SHA-256, hexadecimal. */
  readonly hash: Hash;
  /** [0, 1): spreads what many monitors would do at once. */
  readonly random: () => number;
  /**
   * Folder on the VM for the attempts' own folders. On Container-Optimized OS only few places are writable, executable and
   * on the boot disk: https://cloud.google.com/container-optimized-os/docs/concepts/disks-and-filesystem
   */
  readonly vmFolder?: string | undefined;
  /** Folder on the VM below which buckets are mounted. */
  readonly mountFolder?: string | undefined;
}

export const VM_FOLDER = "/var/lib/toolbox/bioagent";
export const MOUNT_FOLDER = "/mnt/disks";
