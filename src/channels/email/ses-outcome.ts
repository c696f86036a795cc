import type { SesAnswer } from "./ses-call.ts";
import type { Sent } from "./transport.ts";
import { quoted } from "./transport.ts";

/** What the remedies name. */
export interface SesPlace {
  readonly channel: string;
  readonly region: string;
  /** The bare address. */
  readonly from: string;
  readonly to: string;
  readonly roleArn: string | undefined;
  readonly configurationSet: string | undefined;
}

type Refusal = Extract<SesAnswer, { kind: "refused" }>;

/** SES says no hour; the quota is of the last 24 hours and comes back bit by bit. */
const QUOTA_WAIT_SECONDS = 3_600;
const RATE_WAIT_SECONDS = 2;
const ELSEWHERE_SECONDS = 900;

/** Of AWS's words for "too fast"; the first is that of SES. All these without `Exception`, which some of them have and some have not. */
const THROTTLED = /^(Throttling|TooManyRequests|RequestLimitExceeded|SlowDown)$/;
const KEYS_REFUSED =
  /^(InvalidClientTokenId|InvalidAccessKeyId|UnrecognizedClient|SignatureDoesNotMatch|IncompleteSignature|MissingAuthenticationToken|OptInRequired|AuthFailure)$/;
const FORBIDDEN = /^(AccessDenied|UnauthorizedOperation|NotAuthorized)$/;
const EXPIRED = /^ExpiredToken$/;
const CLOCK = /^(RequestExpired|RequestTimeTooSkewed)$/;
/** SES's other way to say so, under the name of a wrong key. */
const TOO_OLD = /^Signature (expired|not yet current)/;

/** What one call to SES came to. https://docs.aws.amazon.com/ses/latest/dg/manage-sending-quotas-errors.html */
export function sesOutcome(answer: SesAnswer, place: SesPlace): Sent {
  switch (answer.kind) {
    case "taken":
      return { kind: "delivered", id: arrivingId(answer.id, place.region) };
    case "failure":
      return ofFailure(answer, place);
    case "no_credentials":
      return withoutCredentials(answer, place);
    case "refused":
      return ofRefusal(answer, place);
    default:
      answer satisfies never;
      throw new Error("SES answered something of no kind");
  }
}

/** SES writes its own Message-ID; in us-east-1 under another host than elsewhere. */
const arrivingId = (id: string, region: string): string =>
  id.includes("@") ? `<${id}>` : `<${id}@${region === "us-east-1" ? "email" : region}.amazonses.com>`;

function ofFailure(answer: Extract<SesAnswer, { kind: "failure" }>, { channel, region }: SesPlace): Sent {
  if (answer.sent) {
    const reason = `SES did not answer for channel ${channel} after the mail was sent: ${answer.code}. It may have arrived.`;
    return { kind: "ambiguous", reason };
  }
  const reason = `SES in ${region} was not reached for channel ${channel}: ${answer.code}. Check the network, and that SES exists in the channel's region.`;
  return { kind: "rejected", reason, after_seconds: null };
}

function withoutCredentials(
  { code, status }: Extract<SesAnswer, { kind: "no_credentials" }>,
  { channel }: SesPlace,
): Sent {
  const error = bare(code);
  const said = `No AWS credentials for channel ${channel}`;
  if (code === "no_identity" || code === "no_identity_token") {
    const reason = `${said}: its role_arn is assumed with the Google identity of a deployed function, and this process has none. Run it there, or remove role_arn and set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.`;
    // A function asks for its token, and may not get it at the moment.
    return code === "no_identity" ? lacking(reason) : { kind: "rejected", reason, after_seconds: null };
  }
  if (/^(CredentialsProviderError|TokenProviderError)$/.test(code)) {
    return lacking(
      `${said}: none were found. Set role_arn (terraform/environments/aws makes the role), or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE.`,
    );
  }
  if (FORBIDDEN.test(error) || /^(InvalidIdentityToken|ValidationError)$/.test(error)) {
    return broken(
      `${said}: STS answered ${code}, so the role of role_arn does not trust this process. Give its Google account's number as google_account_ids in terraform/environments/aws and apply.`,
    );
  }
  const what = wordOf(code) || (status > 0 ? `status ${status}` : "no answer");
  return {
    kind: "rejected",
    reason: `${said} at the moment: ${what}. Nothing was sent.`,
    after_seconds: null,
  };
}

function ofRefusal(answer: Refusal, place: SesPlace): Sent {
  const { status, code } = answer;
  const said = `SES answered ${status} ${wordOf(code) || "with something else"}`;
  const { channel } = place;
  if (THROTTLED.test(bare(code)) || status === 429) return tooFast(answer, channel);
  // AWS's own word for a request that was not handled; a gateway's 503 may hide an answer.
  if (code === "ServiceUnavailable") {
    return { kind: "rejected", reason: `${said} for channel ${channel}: not now`, after_seconds: null };
  }
  if (status >= 500) {
    return { kind: "ambiguous", reason: `${said} for channel ${channel}. It may have arrived.` };
  }
  if (status < 300) {
    const reason = `${said} for channel ${channel}, without a message id. It may have arrived; does AWS_ENDPOINT_URL_SES point to SES?`;
    return { kind: "ambiguous", reason };
  }
  if (status < 400 || status === 408) {
    const reason = `${said} for channel ${channel}: does AWS_ENDPOINT_URL_SES point to SES?`;
    return { kind: "rejected", reason, after_seconds: null };
  }
  return refused(answer, said, place);
}

function tooFast({ text }: Refusal, channel: string): Sent {
  const quota = /daily|quota/i.test(text);
  const after = quota ? QUOTA_WAIT_SECONDS : RATE_WAIT_SECONDS;
  const why = quota
    ? "the account's daily quota is used up; ask AWS for a higher one (a sandbox account has 200 mails a day)"
    : "more mails a second than the account may send";
  const reason = `SES answered Throttling for channel ${channel}: ${why}. Next try in ${after} s.`;
  return { kind: "rejected", reason, after_seconds: after };
}

function refused(answer: Refusal, said: string, place: SesPlace): Sent {
  const { text } = answer;
  const code = bare(answer.code);
  const { channel, region, roleArn } = place;
  if (code === "MessageRejected") return rejectedMessage(text, said, place);
  if (CLOCK.test(code) || TOO_OLD.test(text) || (EXPIRED.test(code) && roleArn)) {
    const reason = `${said} for channel ${channel}: the signature was too old. Check this machine's clock if it stays so.`;
    return { kind: "rejected", reason, after_seconds: 5 };
  }
  if (EXPIRED.test(code)) {
    // It is this process's session, and a login mends it: what waits is told then.
    return lacking(
      `${said} for channel ${channel}: the AWS session has ended; log in again, or set role_arn or lasting keys`,
    );
  }
  const remedy = remedyOf(code, place);
  if (remedy) return broken(`${said}: ${remedy}`);
  if (FORBIDDEN.test(code)) {
    return broken(
      `${said}${quoted(text)}: allow ses:SendRawEmail for this sender in ${region}, and check from of channel ${channel}`,
    );
  }
  const what = /^Invalid|^Validation|^Malformed/.test(code) ? quoted(text) : "";
  const check = wordOf(code)
    ? "check its from, to and region"
    : "is it SES that answers, and not a proxy or another AWS_ENDPOINT_URL_SES?";
  const reason = `${said}${what} for channel ${channel}: ${check}`;
  return { kind: "permanent", reason, disable: false };
}

/** What mends the channel itself, whatever the message. */
function remedyOf(code: string, { channel, region, from, configurationSet }: SesPlace): string | null {
  if (code === "MailFromDomainNotVerified") {
    return `the custom MAIL FROM domain of ${from} has no MX record that SES in ${region} can see; publish it, or let SES fall back to its own`;
  }
  if (code === "AccountSendingPaused") {
    return `sending is paused for the whole AWS account in ${region}; see the SES console's account dashboard, and resume it there`;
  }
  if (code === "ConfigurationSetSendingPaused") {
    return `sending is paused for configuration set ${configurationSet ?? "of the sender"}; resume it in the SES console`;
  }
  if (code === "ConfigurationSetDoesNotExist") {
    return configurationSet === undefined
      ? `the configuration set that the sender's identity names does not exist in ${region}; create it, or take it out of the identity`
      : `there is no configuration set ${configurationSet} in ${region}; create it, or remove configuration_set of channel ${channel}`;
  }
  if (KEYS_REFUSED.test(code)) {
    return `the AWS keys are wrong, revoked or for another partition; set new AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or role_arn of channel ${channel}`;
  }
  return null;
}

/** Its text names the identities that are not verified: the sender's break the channel, a recipient's only this mail. */
function rejectedMessage(text: string, said: string, { channel, region, from, to }: SesPlace): Sent {
  if (/\b(paused|suspended)\b/i.test(text)) {
    return broken(
      `${said}${quoted(text)}: AWS has stopped this account's mail in ${region}; see its SES console`,
    );
  }
  if (!/not verified/i.test(text)) {
    return {
      kind: "permanent",
      reason: `${said}${quoted(text)} for ${to} on channel ${channel}`,
      disable: false,
    };
  }
  const recipientOnly = text.toLowerCase().includes(to.toLowerCase()) && !namesSender(text, from);
  if (recipientOnly) {
    const reason = `${said}: ${to} is not verified in ${region}. The account is in SES's sandbox: verify that address, or ask AWS for production access.`;
    return { kind: "permanent", reason, disable: false };
  }
  return broken(
    `${said}: ${from} is not verified in ${region}; verify the address or its domain in the SES console, or correct from or region of channel ${channel}`,
  );
}

function namesSender(text: string, from: string): boolean {
  const named = text.toLowerCase().match(/[\w.+%-]*@?[\w-]+(?:\.[\w-]+)+/g) ?? [];
  const domain = from.slice(from.lastIndexOf("@") + 1).toLowerCase();
  return named.some((identity) => identity === from.toLowerCase() || identity === domain);
}

/** This process lacks it; another one that delivers from the same store may not, and the channel is not closed to it. */
const lacking = (reason: string): Sent => ({
  kind: "rejected",
  reason,
  after_seconds: ELSEWHERE_SECONDS,
  alone: true,
});

const broken = (reason: string): Sent => ({ kind: "permanent", reason, disable: true });

/** AWS's own documents write the same error with and without it. */
const bare = (code: string): string => code.replace(/Exception$/, "");

/** AWS's errors are single words; a stranger's page is not quoted. */
const wordOf = (code: string): string => (/^[A-Za-z][\w.]{1,80}$/.test(code) ? code : "");
