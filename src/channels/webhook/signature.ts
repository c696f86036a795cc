import { createHmac } from "node:crypto";

const PREFIX = "whsec_";
const MIN_BYTES = 24;
const MAX_BYTES = 64;

/** The key in a secret of Standard Webhooks, or null when the text is none. */
export function keyOf(secret: string): Buffer | null {
  if (!secret.startsWith(PREFIX)) return null;
  const base64 = secret.slice(PREFIX.length);
  const key = Buffer.from(base64, "base64");
  // Buffer skips what is no base64; only a text that it writes alike is one.
  if (key.toString("base64").replace(/=+$/, "") !== base64.replace(/=+$/, "")) return null;
  return key.length >= MIN_BYTES && key.length <= MAX_BYTES ? key : null;
}

export interface Signed {
  readonly id: string;
  /** Unix seconds of this attempt. */
  readonly timestamp: number;
  readonly body: string;
}

/** The `webhook-signature` header: one signature for each secret, so that a receiver may know either (Standard Webhooks 1.0.0). */
export function signatures({ id, timestamp, body }: Signed, secrets: readonly string[]): string {
  return secrets
    .flatMap((secret) => keyOf(secret) ?? [])
    .map((key) => `v1,${createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64")}`)
    .join(" ");
}
