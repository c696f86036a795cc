import type { Config } from "../config.ts";
import type { Context } from "./context.ts";
import { UsageError } from "./failure.ts";

/** The text at a `gs://` address, or null when there is no such object. */
export type BucketText = (uri: string) => Promise<string | null>;

/** Reads as configured; what cannot be read is wrong usage, in the cloud's words. Opened only when something is read. */
export function bucketText(context: Context, config: Config): BucketText {
  return async (uri) => {
    const [{ openScratch }, { AdapterError }] = await Promise.all([
      import("./scratch.ts"),
      import("../ports.ts"),
    ]);
    const app = await openScratch(context, config, {});
    try {
      return await app.deps.files.read(uri);
    } catch (error) {
      throw error instanceof AdapterError && !error.retryable ? new UsageError(error.message) : error;
    } finally {
      await app.close();
    }
  };
}

export const isInBucket = (place: string): boolean => place.startsWith("gs://");
