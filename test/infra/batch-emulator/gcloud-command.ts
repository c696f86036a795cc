import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The real `gcloud batch`, sent to an emulator, with a configuration of its own. */
export interface Gcloud {
  readonly folder: string;
  batch(...args: string[]): Promise<Outcome>;
  close(): Promise<void>;
}

export const hasGcloud = (): boolean =>
  (process.env["PATH"] ?? "").split(delimiter).some((folder) => existsSync(join(folder, "gcloud")));

/** `url` without a slash at the end. */
export async function openGcloud(url: string): Promise<Gcloud> {
  const folder = await mkdtemp(join(tmpdir(), "gcloud-"));
  const env = {
    ...process.env,
    CLOUDSDK_CONFIG: folder,
    CLOUDSDK_API_ENDPOINT_OVERRIDES_BATCH: `${url}/`,
    CLOUDSDK_AUTH_DISABLE_CREDENTIALS: "true",
    CLOUDSDK_CORE_PROJECT: "p",
    CLOUDSDK_BATCH_LOCATION: "us-central1",
    CLOUDSDK_CORE_DISABLE_PROMPTS: "1",
    CLOUDSDK_CORE_DISABLE_USAGE_REPORTING: "true",
    CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK: "true",
    NO_PROXY: "127.0.0.1",
    no_proxy: "127.0.0.1",
  };
  return {
    folder,
    batch: (...args) =>
      new Promise((resolve) => {
        execFile("gcloud", ["batch", ...args], { env, timeout: 60_000 }, (error, stdout, stderr) => {
          const code = error ? Number(error.code ?? -1) : 0;
          resolve({ code, stdout, stderr });
        });
      }),
    close: () => rm(folder, { recursive: true, force: true, maxRetries: 5 }),
  };
}
