/** What the token is made out to: the default of `terraform/modules/ses_role`, whose trust asks for the same. */
const AUDIENCE = "bioagent-ses";

export interface SesRole {
  readonly arn: string;
  /** Stands in AWS's audit log. */
  readonly session: string;
  readonly region: string;
  /** Google's identity token of this process; undefined where it runs with none. */
  readonly identityToken: ((audience: string) => Promise<string>) | undefined;
  readonly timeoutMilliseconds: number;
}

/** Why there are no credentials; the request was not even made. `code` is a name of AWS or ours, never a value. */
export class CredentialsError extends Error {
  readonly code: string;
  constructor(code: string, options: { cause?: unknown } = {}) {
    super(`no AWS credentials: ${code}`, options);
    this.name = "CredentialsError";
    this.code = code;
  }
}

/** As the SDK has them. */
interface AwsKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiration?: Date;
}

/**
 * Keys for about an hour, for this process's Google identity instead of a stored key. The SDK keeps them and asks again before they end,
 * each time with a new token. https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
 */
export function roleCredentials(role: SesRole): () => Promise<AwsKeys> {
  return async () => {
    const { fromWebToken } = await import("./ses-client.ts");
    const webIdentityToken = await tokenOf(role);
    const clientConfig = {
      region: role.region,
      maxAttempts: 1,
      requestHandler: requestLimits(role.timeoutMilliseconds),
    };
    return fromWebToken({
      roleArn: role.arn,
      roleSessionName: role.session,
      webIdentityToken,
      clientConfig,
    })();
  };
}

/** Without `throwOnRequestTimeout` the SDK only warns. A connection each: none is lost on a stale one. */
export const requestLimits = (milliseconds: number) => ({
  connectionTimeout: Math.min(milliseconds, 5_000),
  requestTimeout: milliseconds,
  throwOnRequestTimeout: true,
  httpAgent: { keepAlive: false },
  httpsAgent: { keepAlive: false },
});

async function tokenOf({ identityToken }: SesRole): Promise<string> {
  if (!identityToken) throw new CredentialsError("no_identity");
  try {
    return await identityToken(AUDIENCE);
  } catch (cause) {
    throw new CredentialsError("no_identity_token", { cause });
  }
}
