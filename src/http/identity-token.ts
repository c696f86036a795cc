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

export interface InvokerChecks {
  /** The Cloud Run service that this is; null elsewhere. */
  readonly cloudService: string | null;
  /** E-mails of the accounts that may call; empty: whoever IAM lets in. */
  readonly invokers: readonly string[];
  /** What the token may be made for, this service's addresses; empty: not looked at. */
  readonly audience: readonly string[];
  readonly now: string;
}

/**
 * A second look at who calls a tick endpoint, behind IAM, which has verified the signature and removed it
 * (https://cloud.google.com/run/docs/troubleshooting#signature-removed): only on Cloud Run, where alone the stripped form is believed.
 * Looked at: issuer, age, a verified e-mail, and as far as they are configured that it is one of `invokers` and that the token
 * was made for this service. Where one of these is configured, there must be a token. Locally nobody is asked.
 */
export function checkInvoker(headers: Readonly<Record<string, string>>, checks: InvokerChecks): void {
  const { cloudService, invokers, audience, now } = checks;
  if (cloudService === null) return;
  const isRequired = invokers.length > 0 || audience.length > 0;
  if (headers["authorization"] === undefined && !isRequired) return;
  const claims = readClaims(headers["authorization"]);
  if (claims === null) throw new HttpError(401, "The token cannot be read; an identity token is expected.");
  if (!ISSUERS.includes(claims.iss)) throw new HttpError(403, "The token is not one of Google's.");
  if (claims.exp * 1000 < Date.parse(now)) throw new HttpError(401, "The token is too old; take a new one.");
  if (!claims.email || !claims.email_verified)
    throw new HttpError(403, "The token names no verified e-mail; a service account's identity is expected.");
  if (invokers.length > 0 && !invokers.includes(claims.email))
    throw new HttpError(403, "The token's account is not among the invokers of this service.");
  if (audience.length > 0 && !audience.some((ours) => isAudience(claims.aud, ours)))
    throw new HttpError(403, "The token was made for another service.");
}

/** An address is the same with and without the slash at its end. */
const isAudience = (given: string | undefined, ours: string): boolean =>
  given?.replace(/\/$/, "") === ours.replace(/\/$/, "");
