import { z } from "zod";
import { HttpError } from "./problem-document.ts";

const Claims = z.object({
  iss: z.string(),
  aud: z.string().optional(),
  email: z.string().optional(),
  email_verified: z.boolean().optional(),
  exp: z.number(),
});
export type Claims = z.infer<typeof Claims>;

const ISSUERS = ["https://accounts.google.com", "accounts.google.com"];

/** What a bearer token says of its holder; null when it says nothing that can be read. Its signature is not looked at. */
export function readClaims(authorization: string | undefined): Claims | null {
  const payload = /^Bearer +[\w-]+\.([\w-]+)\.[\w-]*$/i.exec(authorization ?? "")?.[1];
  if (payload === undefined) return null;
  try {
    const claims = Claims.safeParse(JSON.parse(Buffer.from(payload, "base64url").toString("utf8")));
    return claims.success ? claims.data : null;
  } catch {
    // No JSON: as unreadable as any other text.
    return null;
  }
}

/** The e-mail of whoever Cloud Run's IAM has let in; null elsewhere, because there nobody has verified anything. */
export function callerOf(
  headers: Readonly<Record<string, string>>,
  cloudService: string | null,
): string | null {
  const claims = cloudService === null ? null : readClaims(headers["authorization"]);
  return claims?.email_verified ? (claims.email ?? null) : null;
}

/**
 * A second look at who calls a tick endpoint, behind IAM, which has verified the signature and removed it: only on Cloud
 * Run (`cloudService`), and only when there is a token. Locally nobody is asked.
 *
 * Looked at: issuer, age, and that it names a verified e-mail. Not yet looked at: that the audience is this service's own
 * URL and that the e-mail is the scheduler's or the push subscription's; both are known once the cloud is configured.
 */
export function checkInvoker(
  headers: Readonly<Record<string, string>>,
  { cloudService, now }: { cloudService: string | null; now: string },
): void {
  if (cloudService === null || headers["authorization"] === undefined) return;
  const claims = readClaims(headers["authorization"]);
  if (claims === null) throw new HttpError(401, "The token cannot be read; an identity token is expected.");
  if (!ISSUERS.includes(claims.iss)) throw new HttpError(403, "The token is not one of Google's.");
  if (claims.exp * 1000 < Date.parse(now)) throw new HttpError(401, "The token is too old; take a new one.");
  if (!claims.email || !claims.email_verified)
    throw new HttpError(403, "The token names no verified e-mail; a service account's identity is expected.");
}
