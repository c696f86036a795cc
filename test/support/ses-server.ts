import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { text as readText } from "node:stream/consumers";
import emulator from "aws-ses-v2-local";
import { onLoopback } from "./loopback.ts";

/** What the server does with one call instead of passing it on. */
export type SesScript =
  | { readonly status: number; readonly body?: string; readonly type?: string }
  /** Takes the call and says nothing. */
  | "hang"
  /** Takes the whole call, then resets the connection. */
  | "reset"
  /** Sends the status line and half an answer, then resets. */
  | "half";

export interface SesCallSeen {
  /** The form's fields. */
  readonly fields: URLSearchParams;
  readonly headers: http.IncomingHttpHeaders;
}

export interface SesServer {
  /** For `AWS_ENDPOINT_URL_SES` and `AWS_ENDPOINT_URL_STS`. */
  readonly url: string;
  readonly calls: readonly SesCallSeen[];
  /** The mails that were asked to be sent, byte for byte, also those refused. */
  mails(): Buffer[];
  /** What the emulator has taken, as it tells itself. */
  stored(): Promise<readonly Record<string, unknown>[]>;
  /** What happens to the next calls, in order; afterwards they are passed on again. */
  script(...answers: readonly SesScript[]): void;
  close(): Promise<void>;
}

/** SES's own form of an error. https://docs.aws.amazon.com/ses/latest/APIReference/CommonErrors.html */
export const sesError = (status: number, code: string, message: string): SesScript => ({
  status,
  body:
    `<ErrorResponse xmlns="http://ses.amazonaws.com/doc/2010-12-01/"><Error><Type>${status < 500 ? "Sender" : "Receiver"}</Type>` +
    `<Code>${code}</Code><Message>${message}</Message></Error><RequestId>42d59b56-7407-4c4a-be0f-4c88daeea257</RequestId></ErrorResponse>`,
});

/** What STS answers to AssumeRoleWithWebIdentity; the keys end in `seconds`. */
export const stsKeys = (seconds: number): SesScript => ({
  status: 200,
  body:
    `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult><Credentials>` +
    `<AccessKeyId>ASIAROLEKEY000000001</AccessKeyId><SecretAccessKey>r0leSecretOfAnHour</SecretAccessKey><SessionToken>s3ssionTokenOfTheRole</SessionToken>` +
    `<Expiration>${new Date(Date.now() + seconds * 1_000).toISOString()}</Expiration></Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`,
});

/** `aws-ses-v2-local` behind a door that keeps what came, and misbehaves when told to. Close it at the end. */
export async function startSesServer(): Promise<SesServer> {
  const behind = await emulator.default({ host: "127.0.0.1", port: 0 });
  if (!behind.listening) await once(behind, "listening");
  const inner = `http://127.0.0.1:${(behind.address() as AddressInfo).port}`;
  // Its store is the process's: an earlier server's mails are forgotten.
  await fetch(`${inner}/clear-store`, { method: "POST" });
  const calls: SesCallSeen[] = [];
  const scripted: SesScript[] = [];

  const server = http.createServer(async (request, response) => {
    const body = await readText(request);
    calls.push({ fields: new URLSearchParams(body), headers: request.headers });
    const answer = scripted.shift() ?? (await passOn(inner, request, body));
    reply(response, answer);
  });
  const { url, close } = await onLoopback(server);

  return {
    url,
    calls,
    mails: () =>
      calls
        .map(({ fields }) => fields.get("RawMessage.Data"))
        .filter((data) => data !== null)
        .map((data) => Buffer.from(data, "base64")),
    stored: async () => {
      const store = (await (await fetch(`${inner}/store`)).json()) as { emails: Record<string, unknown>[] };
      return store.emails;
    },
    script: (...answers) => void scripted.push(...answers),
    close: async () => {
      behind.closeAllConnections();
      await Promise.all([close(), once(behind.close(), "close")]);
    },
  };
}

async function passOn(inner: string, request: http.IncomingMessage, body: string): Promise<SesScript> {
  const headers = {
    "content-type": request.headers["content-type"] ?? "",
    authorization: request.headers.authorization ?? "",
  };
  const response = await fetch(inner, { method: "POST", headers, body });
  const type = response.headers.get("content-type") ?? "text/xml";
  return { status: response.status, body: await response.text(), type };
}

function reply(response: http.ServerResponse, answer: SesScript): void {
  if (answer === "hang") return;
  if (answer === "reset") return void response.socket?.resetAndDestroy();
  if (answer === "half") {
    response.writeHead(200, { "content-length": "100" });
    response.write("<Send", () => response.socket?.resetAndDestroy());
    return;
  }
  response.writeHead(answer.status, { "content-type": answer.type ?? "text/xml" });
  response.end(answer.body ?? "");
}
