/** Claims of the identity token that Pub/Sub sends with a push. */
export interface TokenClaims {
  readonly issuer?: string | undefined;
  /** The push endpoint, unless told. */
  readonly audience?: string | undefined;
  readonly email?: string | undefined;
  readonly lifetimeSeconds?: number | undefined;
}

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");

/**
 * A token as a private Cloud Run service receives it: its signature is replaced (cloud.google.com/run/docs/troubleshooting),
 * so that it proves nothing to whom it was sent by anybody else.
 */
export function strippedToken(claims: TokenClaims, url: string, nowMs: number): string {
  const issued = Math.floor(nowMs / 1000);
  const payload = {
    aud: claims.audience ?? url,
    azp: "100000000000000000001",
    email: claims.email ?? "pubsub-push@bioagent-emulator.iam.gserviceaccount.com",
    email_verified: true,
    exp: issued + (claims.lifetimeSeconds ?? 3600),
    iat: issued,
    iss: claims.issuer ?? "https://accounts.google.com",
    sub: "100000000000000000001",
  };
  return `${part({ alg: "RS256", kid: "emulator", typ: "JWT" })}.${part(payload)}.SIGNATURE_REMOVED_BY_GOOGLE`;
}
