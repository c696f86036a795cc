import type { SmtpAnswer } from "./smtp-session.ts";
import { quoted, type Sent } from "./transport.ts";

/** What the remedies name. */
export interface SmtpPlace {
  readonly channel: string;
  readonly host: string;
  readonly port: number;
  /** The bare addresses. */
  readonly from: string;
  readonly to: string;
  /** The mail's own id, which SMTP keeps. */
  readonly id: string;
}

/** To a login: the server has none, or none of ours. */
const UNKNOWN_COMMAND: readonly number[] = [500, 502, 503, 504];

type Refusal = Extract<SmtpAnswer, { kind: "refused" }>;
type Failure = Extract<SmtpAnswer, { kind: "failure" }>;

/** Servers that greylist want to be asked again after some minutes, mostly five. */
const GREYLIST_WAIT_SECONDS = 300;
const QUOTA_WAIT_SECONDS = 3_600;

/** What one session came to: 4yz is "not now", 5yz "never" (RFC 5321 4.2.1). */
export function smtpOutcome(answer: SmtpAnswer, place: SmtpPlace): Sent {
  switch (answer.kind) {
    case "taken":
      return { kind: "delivered", id: place.id };
    case "failure":
      return ofFailure(answer, place);
    case "refused":
      return ofRefusal(answer, place);
    default:
      answer satisfies never;
      throw new Error("the mail server answered something of no kind");
  }
}

function ofFailure(failure: Failure, { channel, host, port }: SmtpPlace): Sent {
  const { code, stage, sent } = failure;
  if (sent) {
    const reason = `The mail server ${host} did not confirm the mail of channel ${channel}: ${code}. It may have arrived.`;
    return { kind: "ambiguous", reason };
  }
  if (/CERT|ALTNAME|SIGNATURE|ISSUER/.test(code)) {
    const reason = `The certificate of mail server ${host} is not trusted for channel ${channel}: ${code}. Renew it, use the name it is made out to, or give its authority in NODE_EXTRA_CA_CERTS.`;
    return { kind: "rejected", reason, after_seconds: null };
  }
  if (code === "EPROTO" || /SSL|TLS/.test(code)) {
    const reason = `The mail server ${host}:${port} does not speak TLS as channel ${channel} asks: ${code}. smtps:// is for port 465, smtp:// for 587 and 25.`;
    return { kind: "rejected", reason, after_seconds: null };
  }
  // Nodemailer has read the limit in the server's greeting, and has not asked.
  if (code === "EMESSAGE" && stage === "sender") {
    const reason = `The mail server ${host} takes no mail of this size on channel ${channel}.`;
    return { kind: "permanent", reason, disable: false };
  }
  const where = stage === "connect" ? "was not reached" : `broke off at ${stage}`;
  const reason = `The mail server ${host}:${port} ${where} for channel ${channel}: ${code}. Check the network, and host and port in url.`;
  return { kind: "rejected", reason, after_seconds: null };
}

function ofRefusal(answer: Refusal, place: SmtpPlace): Sent {
  const { code, stage, text } = answer;
  const { channel, host } = place;
  // A login's answer may repeat what was sent.
  const words = stage === "login" ? "" : quoted(textOf(text));
  const said = `The mail server ${host} answered ${code}${enhancedOf(text)}${words}`;
  if (stage === "starttls") return withoutTls(said, channel);
  if (isQuota(text)) {
    const reason = `${said}: the sender's quota is used up for channel ${channel}. Next try in ${QUOTA_WAIT_SECONDS} s.`;
    return { kind: "rejected", reason, after_seconds: QUOTA_WAIT_SECONDS };
  }
  if (code < 500) {
    const after = /gr[ae]y.?list/i.test(text) ? GREYLIST_WAIT_SECONDS : null;
    const reason = `${said} for channel ${channel}: not now`;
    // A server greylists one recipient, not the next: the others need not wait.
    return { kind: "rejected", reason, after_seconds: after, alone: true };
  }
  return refused(answer, said, place);
}

function withoutTls(said: string, channel: string): Sent {
  const reason = `${said} to STARTTLS: it offers no encryption. Use smtps:// or a port with STARTTLS in url of channel ${channel}.`;
  return { kind: "permanent", reason, disable: true };
}

function refused({ stage, code, text }: Refusal, said: string, { channel, from, to }: SmtpPlace): Sent {
  const broken = (remedy: string): Sent => ({
    kind: "permanent",
    reason: `${said}: ${remedy}`,
    disable: true,
  });
  if (stage === "login" && UNKNOWN_COMMAND.includes(code)) {
    return broken(`it has no login by user and password there; see the port in url of channel ${channel}`);
  }
  if (stage === "login") return broken(`correct user and password in url of channel ${channel}`);
  if (code === 530 || code === 538) {
    return broken(`it wants a login; put user and password into url of channel ${channel}`);
  }
  if (stage === "connect") return broken(`it does not serve this machine; see url of channel ${channel}`);
  // Size and storage are about the one mail, even here.
  if (stage === "sender" && code !== 552 && !/\b5\.[23]\.\d/.test(text)) {
    return broken(`it does not send for ${from}; correct from of channel ${channel}, or allow the sender`);
  }
  const what = stage === "recipient" ? `${to} is not taken` : "the mail is not taken";
  return { kind: "permanent", reason: `${said}: ${what} on channel ${channel}`, disable: false };
}

/** Some answer 5yz to what passes by itself: Google's 5.4.5, Microsoft's 5.1.90. A mailbox that is full is another thing. */
const isQuota = (text: string): boolean =>
  /\b5\.4\.5\b|\b5\.1\.90\b|\bdaily\b.*\b(limit|quota)\b|\bSubmissionQuotaExceeded/i.test(text);

const ENHANCED = /^\d{3}[ -](\d\.\d{1,3}\.\d{1,3})/;

const enhancedOf = (text: string): string => {
  const [, enhanced] = ENHANCED.exec(text) ?? [];
  return enhanced ? ` ${enhanced}` : "";
};

/** The words alone, without the codes that begin each line. */
const textOf = (text: string): string => text.replace(/^\d{3}[ -](?:\d\.\d{1,3}\.\d{1,3} ?)?/gm, "");
