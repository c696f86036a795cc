import type { ConnectionOptions } from "node:tls";
import { redactor } from "../redact.ts";
import { smtpOutcome } from "./smtp-outcome.ts";
import { deliverBySmtp, type SmtpServer } from "./smtp-session.ts";
import type { Sent, Transport } from "./transport.ts";

export interface SmtpOptions {
  readonly channel: string;
  /** `smtps://user:password@host:465`, a secret. */
  readonly url: string;
  /** Also without TLS: tests and `dev` only. */
  readonly allowPlain: boolean;
  readonly timeoutMilliseconds: number;
  readonly tls?: ConnectionOptions | undefined;
}

/**
 * Any mail server, one session each. Private addresses are permitted, unlike those of webhooks: the host comes from the operator's
 * own configuration, never from a request, institutes have their relays inside, and SMTP's greeting comes before anything of ours,
 * so that a web service behind such an address is not spoken to.
 */
export function smtpTransport(options: SmtpOptions): Transport {
  const { channel } = options;
  const server = serverOf(options);
  const redact = redactor(secretsOf(server));
  return async (mail) => {
    const answer = await deliverBySmtp(server, mail);
    const { host, port } = server;
    const { from, to, id } = mail;
    const place = { channel, host, port, from: from.address, to: to.address, id };
    return hide(smtpOutcome(answer, place), redact);
  };
}

function serverOf({ url, allowPlain, timeoutMilliseconds, tls }: SmtpOptions): SmtpServer {
  const { protocol, hostname, port, username, password } = new URL(url);
  const secure = protocol === "smtps:";
  return {
    host: hostname.replace(/^\[|\]$/g, ""),
    port: Number(port) || (secure ? 465 : 587),
    secure,
    requireTls: !secure && !allowPlain,
    login: username ? { user: decodeURIComponent(username), pass: decodeURIComponent(password) } : null,
    timeoutMilliseconds,
    tls,
  };
}

/** The password, and what goes over the wire in its place. */
function secretsOf({ login }: SmtpServer): string[] {
  if (!login) return [];
  const { user, pass } = login;
  const encoded = [pass, `\0${user}\0${pass}`].map((text) => Buffer.from(text).toString("base64"));
  return [pass, encodeURIComponent(pass), ...encoded];
}

const hide = (sent: Sent, redact: (text: string) => string): Sent =>
  sent.kind === "delivered" ? sent : { ...sent, reason: redact(sent.reason) };
