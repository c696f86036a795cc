import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

export const hasGcloud = (): boolean =>
  (process.env["PATH"] ?? "").split(delimiter).some((folder) => existsSync(join(folder, "gcloud")));

/** What makes the real gcloud speak to a Batch emulator, and to nobody else. */
export const gcloudEnvironment = (folder: string, batchRest: string, project: string) => ({
  PATH: process.env["PATH"],
  HOME: folder,
  CLOUDSDK_CONFIG: join(folder, ".gcloud"),
  CLOUDSDK_API_ENDPOINT_OVERRIDES_BATCH: batchRest,
  CLOUDSDK_AUTH_DISABLE_CREDENTIALS: "true",
  CLOUDSDK_CORE_PROJECT: project,
  CLOUDSDK_CORE_DISABLE_PROMPTS: "1",
  CLOUDSDK_CORE_DISABLE_USAGE_REPORTING: "true",
  CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK: "true",
  NO_PROXY: "127.0.0.1",
  no_proxy: "127.0.0.1",
});
