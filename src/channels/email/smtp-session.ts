import { once } from "node:events";
import { Readable } from "node:stream";
import type { ConnectionOptions } from "node:tls";
import type SMTPConnection from "nodemailer/lib/smtp-connection";
import type { Mail } from "./mail.ts";
import { within } from "./transport.ts";

export interface SmtpServer {
  readonly host: string;
  readonly port: number;
  /** TLS from the first byte; otherwise by STARTTLS. */
  readonly secure: boolean;
  /** Never a word in clear. */
  readonly requireTls: boolean;
  readonly login: { readonly user: string; readonly pass: string } | null;
  /** Until it has the whole mail; then it has this `ANSWER_SHARE` times more to say so. */
  readonly timeoutMilliseconds: number;
  /** For tests: whom to trust. */
  readonly tls?: ConnectionOptions | undefined;
}

/** How far a session came. */
export type SmtpStage = "connect" | "starttls" | "login" | "sender" | "recipient" | "data";

/** What came of one session. */
export type SmtpAnswer =
  | { readonly kind: "taken" }
  /** The server has said no, so it has not taken the mail. */
  | { readonly kind: "refused"; readonly stage: SmtpStage; readonly code: number; readonly text: string }
  | {
      readonly kind: "failure";
      readonly code: string;
      readonly stage: SmtpStage;
      /** False when certainly nothing of the mail itself has left this machine. */
      readonly sent: boolean;
    };

interface Progress {
  stage: SmtpStage;
  /** The server has asked for the mail, and was given some of it. */
  sent: boolean;
}

/**
 * Many servers look at a mail before they say that they have taken it. Who leaves too early sends it again, and again: RFC 5321
 * (4.5.3.2.6) would wait for ten minutes.
 */
const ANSWER_SHARE = 2;

/** One mail in one session, no pool, nothing tried twice. Never throws. */
export async function deliverBySmtp(server: SmtpServer, mail: Mail): Promise<SmtpAnswer> {
  const { default: Connection } = await import("nodemailer/lib/smtp-connection");
  const { host, port, secure, timeoutMilliseconds } = server;
  const connection = new Connection({
    host,
    port,
    secure,
    requireTLS: server.requireTls,
    tls: { minVersion: "TLSv1.2", ...server.tls },
    connectionTimeout: timeoutMilliseconds,
    greetingTimeout: timeoutMilliseconds,
    socketTimeout: ANSWER_SHARE * timeoutMilliseconds,
    dnsTimeout: timeoutMilliseconds,
    socketCloseTimeout: 250,
    maxResponseSize: 64 * 1024,
  });
  const progress: Progress = { stage: "connect", sent: false };
  const late = (): SmtpAnswer => ({ kind: "failure", code: "timeout", ...progress });
  const work = converse(connection, server, mail, progress);
  const soon = await within(work, timeoutMilliseconds, () => (progress.sent ? null : late()));
  const answer = soon ?? (await within(work, ANSWER_SHARE * timeoutMilliseconds, late));
  await hangUp(connection, answer);
  return answer;
}

async function converse(
  connection: SMTPConnection,
  server: SmtpServer,
  mail: Mail,
  progress: Progress,
): Promise<SmtpAnswer> {
  // What breaks between two steps is told by this event alone.
  const broken = new Promise<never>((_, reject) => connection.on("error", reject));
  broken.catch(() => undefined); // It is raced below; a break after the end concerns nobody.
  try {
    await Promise.race([broken, step((done) => connection.connect(done))]);
    const { login } = server;
    if (login) {
      progress.stage = "login";
      await Promise.race([broken, step((done) => connection.login({ credentials: login }, done))]);
    }
    progress.stage = "sender";
    await Promise.race([broken, step((done) => send(connection, mail, progress, done))]);
    return { kind: "taken" };
  } catch (error) {
    return answerOf(error, progress);
  }
}

type Done = (error?: Error | null) => void;

const step = (begin: (done: Done) => void): Promise<void> =>
  new Promise((resolve, reject) => begin((error) => (error ? reject(error) : resolve())));

function send(connection: SMTPConnection, mail: Mail, progress: Progress, done: Done): void {
  // Read only once the server has said 354: that is where a lost connection begins to be ambiguous.
  const body = Readable.from(
    (function* () {
      progress.stage = "data";
      progress.sent = true;
      yield mail.raw;
    })(),
  );
  const envelope = { from: mail.from.address, to: [mail.to.address], size: mail.raw.length };
  connection.send(envelope, body, (error) => done(error));
}

const STAGES: readonly (readonly [string, SmtpStage])[] = [
  ["STARTTLS", "starttls"],
  ["AUTH", "login"],
  ["MAIL FROM", "sender"],
  ["RCPT TO", "recipient"],
  ["DATA", "data"],
];

function answerOf(error: unknown, progress: Progress): SmtpAnswer {
  const { responseCode, response, command, code, originalCode } = error as Readonly<Record<string, unknown>>;
  const stage = STAGES.find(([word]) => String(command).startsWith(word))?.[1] ?? progress.stage;
  if (typeof responseCode === "number" && responseCode >= 400) {
    return { kind: "refused", stage, code: responseCode, text: String(response) };
  }
  const words = [originalCode, code].filter((word) => typeof word === "string");
  return { kind: "failure", code: words[0] ?? "unknown", stage, sent: progress.sent };
}

/** QUIT is a courtesy; what was taken stays taken whatever becomes of it. */
async function hangUp(connection: SMTPConnection, answer: SmtpAnswer): Promise<void> {
  if (!connection.destroyed && answer.kind !== "failure") {
    const ended = once(connection, "end").then(() => undefined);
    ended.catch(() => undefined); // An `error` instead of `end` is as good.
    connection.quit();
    await within(
      ended.catch(() => undefined),
      500,
      () => undefined,
    );
  }
  connection.close();
}
