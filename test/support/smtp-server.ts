import { once } from "node:events";
import type { AddressInfo, Socket } from "node:net";
import { buffer } from "node:stream/consumers";
import { SMTPServer, type SMTPServerOptions } from "smtp-server";

/** Where in a session the server misbehaves. */
export type SmtpMoment = "connect" | "auth" | "mail" | "rcpt" | "data";

/** What it does there: an answer with this code, its usual one but late, nothing at all, or a lost connection. */
export interface SmtpScript {
  readonly at: SmtpMoment;
  readonly does:
    | { readonly code: number; readonly text: string }
    | { readonly afterMilliseconds: number }
    | "hang"
    | "reset";
}

export interface SmtpReceived {
  readonly raw: Buffer;
  readonly from: string;
  readonly to: readonly string[];
  /** Whether the session was encrypted. */
  readonly secure: boolean;
}

export interface TestSmtpServer {
  readonly port: number;
  /** With user and password in it, as the channel is given it. */
  readonly url: string;
  readonly secrets: readonly string[];
  /** What it has taken. */
  readonly received: readonly SmtpReceived[];
  /** Passwords that it was shown, right or wrong. */
  readonly logins: readonly string[];
  /** Connections made so far. */
  readonly sessions: () => number;
  /** In the order of the sessions' moments; each is played once. */
  script(...scripts: readonly SmtpScript[]): void;
  close(): Promise<void>;
}

export const SMTP_USER = "runs@lab.org";
const PASSWORD = "s3cr3t/Pass:word@Lab";

/** A real mail server that knows one user. `smtps://` with `secure`; STARTTLS where there is a certificate and it is not hidden. */
export async function startSmtpServer(options: SMTPServerOptions = {}): Promise<TestSmtpServer> {
  const scripts: SmtpScript[] = [];
  const received: SmtpReceived[] = [];
  const logins: string[] = [];
  const sockets = new Set<Socket>();
  let sessions = 0;

  /** Plays what is next if its moment has come; otherwise goes on. */
  const play = (at: SmtpMoment, next: (error?: Error | null) => void): void => {
    const script = scripts[0]?.at === at ? scripts.shift() : undefined;
    if (!script) return next();
    if (script.does === "hang") return;
    if (script.does === "reset") {
      for (const socket of sockets) socket.resetAndDestroy();
      return;
    }
    if ("afterMilliseconds" in script.does) {
      setTimeout(next, script.does.afterMilliseconds);
      return;
    }
    next(Object.assign(new Error(script.does.text), { responseCode: script.does.code }));
  };

  const server = new SMTPServer({
    disableReverseLookup: true,
    // The texts bring their own, as those of large providers do.
    hideENHANCEDSTATUSCODES: true,
    allowInsecureAuth: true,
    closeTimeout: 100,
    ...(options.key ? {} : { hideSTARTTLS: true }),
    ...options,
    onConnect: (_session, done) => {
      sessions += 1;
      play("connect", done);
    },
    onAuth: ({ username, password }, _session, done) => {
      logins.push(password ?? "");
      play("auth", (error) => {
        if (error) return done(error);
        if (username === SMTP_USER && password === PASSWORD) return done(null, { user: username });
        done(Object.assign(new Error(`5.7.8 no such login: ${password}`), { responseCode: 535 }));
      });
    },
    onMailFrom: (_address, _session, done) => play("mail", done),
    onRcptTo: (_address, _session, done) => play("rcpt", done),
    onData: async (stream, { envelope, secure }, done) => {
      const raw = await buffer(stream);
      play("data", (error) => {
        if (error) return done(error);
        const from = envelope.mailFrom ? envelope.mailFrom.address : "";
        received.push({ raw, from, to: envelope.rcptTo.map(({ address }) => address), secure });
        done(null, "2.0.0 taken");
      });
    },
  });
  server.on("error", () => undefined); // Resets and refused handshakes are what the tests ask for.
  server.server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server.server, "listening");
  const { port } = server.server.address() as AddressInfo;
  const login = `${encodeURIComponent(SMTP_USER)}:${encodeURIComponent(PASSWORD)}`;

  return {
    port,
    url: `${options.secure ? "smtps" : "smtp"}://${login}@127.0.0.1:${port}`,
    secrets: [PASSWORD, encodeURIComponent(PASSWORD), Buffer.from(PASSWORD).toString("base64")],
    received,
    logins,
    sessions: () => sessions,
    script: (...added) => void scripts.push(...added),
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
