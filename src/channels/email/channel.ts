import type { ConnectionOptions } from "node:tls";
import type { Channel, Delivery, Message } from "../../ports.ts";
import type { ChannelDeps } from "../channel-deps.ts";
import { type Mailbox, parseMailbox } from "./address.ts";
import type { EmailConfig } from "./config.ts";
import { keptAfter } from "./conversation.ts";
import { composeMail } from "./mail.ts";
import { previewEmail } from "./preview.ts";
import { sesTransport } from "./ses-transport.ts";
import { smtpTransport } from "./smtp-transport.ts";
import type { Transport } from "./transport.ts";

/** For tests. */
export interface EmailOptions {
  /** Of a call to SES, and until a mail server has the mail. */
  readonly timeoutMilliseconds?: number;
  readonly now?: () => Date;
  /** Whom to trust as a mail server. */
  readonly tls?: ConnectionOptions;
}

/** A production account of SES takes 14 mails a second and more; a sandbox's one a second comes back as a short wait. */
const SES_PACE_MILLISECONDS = 100;
/** Large providers take 30 mails a minute of one login. */
const SMTP_PACE_MILLISECONDS = 2_000;

/** The function that delivers has minutes. */
const TIMEOUT_MILLISECONDS = 20_000;

/** A mail to each of `to`, alone: nobody sees the others, and one bad address stops no other's mail. */
export function openEmail(
  name: string,
  config: EmailConfig,
  deps: ChannelDeps,
  options: EmailOptions = {},
): Channel {
  const send = transportOf(name, config, deps, options);
  const from = mailboxOf(config.from);
  const replyTo = config.reply_to === undefined ? null : mailboxOf(config.reply_to);
  const now = options.now ?? (() => new Date());
  return {
    name,
    kind: "email",
    recipients: config.to,
    paceMilliseconds: config.transport === "ses" ? SES_PACE_MILLISECONDS : SMTP_PACE_MILLISECONDS,
    deliver: (message, recipient) => deliver({ name, send, from, replyTo, now }, message, recipient),
    preview: previewEmail,
  };
}

interface Sender {
  readonly name: string;
  readonly send: Transport;
  readonly from: Mailbox;
  readonly replyTo: Mailbox | null;
  readonly now: () => Date;
}

async function deliver(sender: Sender, message: Message, recipient: string): Promise<Delivery> {
  const { name, send, from, replyTo, now } = sender;
  const to = parseMailbox(recipient);
  if (to === null) {
    const reason = `A recipient of channel ${name} is no address any more: see to in its configuration.`;
    return { kind: "permanent", reason, disable: false };
  }
  try {
    const mail = await composeMail(message, { from, to, replyTo }, now());
    const sent = await send(mail);
    if (sent.kind !== "delivered") return sent;
    return { kind: "delivered", keep: keptAfter(message, { id: sent.id, subject: mail.subject }) };
  } catch (error) {
    // Only making the mail can throw, so nothing was sent. What is in the error nobody has looked at.
    const what = error instanceof Error ? error.name : "unknown";
    const reason = `The mail of channel ${name} could not be made: ${what}, a fault of BioAgent; please report it.`;
    return { kind: "permanent", reason, disable: false };
  }
}

function transportOf(
  channel: string,
  config: EmailConfig,
  deps: ChannelDeps,
  options: EmailOptions,
): Transport {
  const timeoutMilliseconds = options.timeoutMilliseconds ?? TIMEOUT_MILLISECONDS;
  if (config.transport === "smtp") {
    const { tls } = options;
    const url = required(config.url);
    return smtpTransport({ channel, url, allowPlain: deps.allowPrivateUrls, timeoutMilliseconds, tls });
  }
  return sesTransport({
    channel,
    region: required(config.region),
    from: mailboxOf(config.from),
    roleArn: config.role_arn,
    configurationSet: config.configuration_set,
    identityToken: deps.identityToken,
    timeoutMilliseconds,
  });
}

/** The schema has checked these. */
function required(text: string | undefined): string {
  if (text === undefined) throw new Error("openEmail is given what EmailConfig has parsed");
  return text;
}

const mailboxOf = (text: string): Mailbox => {
  const mailbox = parseMailbox(text);
  if (mailbox === null) throw new Error("openEmail is given what EmailConfig has parsed");
  return mailbox;
};
