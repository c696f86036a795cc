import type { SESClient } from "@aws-sdk/client-ses";
import type { Mailbox } from "./address.ts";
import { callSes } from "./ses-call.ts";
import { requestLimits, roleCredentials } from "./ses-credentials.ts";
import { sesOutcome } from "./ses-outcome.ts";
import type { Transport } from "./transport.ts";

export interface SesOptions {
  readonly channel: string;
  readonly region: string;
  readonly from: Mailbox;
  readonly roleArn: string | undefined;
  readonly configurationSet: string | undefined;
  readonly identityToken: ((audience: string) => Promise<string>) | undefined;
  readonly timeoutMilliseconds: number;
}

/** Amazon's API, one call each. The client is loaded and made at the first mail, and kept. */
export function sesTransport(options: SesOptions): Transport {
  const { configurationSet, timeoutMilliseconds } = options;
  let client: Promise<SESClient> | null = null;
  return async (mail) => {
    client ??= openClient(options);
    const answer = await callSes({ client: await client, configurationSet, timeoutMilliseconds }, mail);
    // Keys that somebody withdrew are not kept; the next call asks for new ones.
    if (answer.kind === "refused" && answer.status === 403) client = null;
    return sesOutcome(answer, { ...options, from: options.from.address, to: mail.to.address });
  };
}

/** `maxAttempts: 1`: the SDK's own three would send a mail again whose answer was lost. */
async function openClient(options: SesOptions): Promise<SESClient> {
  const { SESClient } = await import("./ses-client.ts");
  const { region, roleArn, channel, identityToken, timeoutMilliseconds } = options;
  const session = `bioagent-${channel}`;
  return new SESClient({
    region,
    maxAttempts: 1,
    requestHandler: requestLimits(timeoutMilliseconds),
    ...(roleArn
      ? {
          credentials: roleCredentials({ arn: roleArn, session, region, identityToken, timeoutMilliseconds }),
        }
      : {}),
  });
}
