/** What the parts of the suite share. */
import { createHash } from "node:crypto";
import type { Bucket, Storage } from "@google-cloud/storage";

/** Parts that not every counterpart has; `core` is what all have. */
export type Part = "core" | "buckets" | "chunks" | "conditions" | "listing_filters" | "compose" | "claims";

/** Adds one behaviour to the suite. */
export type Check = (
  part: Part,
  behaviour: string,
  body: (bucket: Bucket, storage: Storage) => Promise<void>,
) => void;

export const codeOf = (code: number) => (error: unknown) => (error as { code?: number }).code === code;
export const md5 = (bytes: Buffer | string) => createHash("md5").update(bytes).digest("base64");
