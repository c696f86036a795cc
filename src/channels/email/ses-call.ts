import type { SESClient } from "@aws-sdk/client-ses";
import type { Mail } from "./mail.ts";
import { CredentialsError } from "./ses-credentials.ts";
import { within } from "./transport.ts";

/** What came back of one call. */
export type SesAnswer =
  | { readonly kind: "taken"; readonly id: string }
  /** SES, or what stands in its place, has answered. `code` is AWS's word, empty where there was none. */
  | { readonly kind: "refused"; readonly status: number; readonly code: string; readonly text: string }
  /** There was nothing to sign with, so nothing was asked. */
  | { readonly kind: "no_credentials"; readonly code: string; readonly status: number }
  | {
      readonly kind: "failure";
      readonly code: string;
      /** False when certainly nothing of the request has left this machine. */
      readonly sent: boolean;
    };

export interface SesCall {
  readonly client: SESClient;
  readonly configurationSet: string | undefined;
  readonly timeoutMilliseconds: number;
}

/** Calls SendRawEmail once. Never throws. */
export async function callSes(call: SesCall, mail: Mail): Promise<SesAnswer> {
  const abort = new AbortController();
  const progress = { sending: false };
  const late = (): SesAnswer => {
    abort.abort();
    return progress.sending
      ? { kind: "failure", code: "timeout", sent: true }
      : { kind: "no_credentials", code: "timeout", status: 0 };
  };
  return within(signAndSend(call, mail, progress, abort.signal), call.timeoutMilliseconds, late);
}

async function signAndSend(
  { client, configurationSet }: SesCall,
  mail: Mail,
  progress: { sending: boolean },
  abortSignal: AbortSignal,
): Promise<SesAnswer> {
  try {
    // Asked for first, and kept by the client: what fails here has sent nothing.
    await client.config.credentials();
  } catch (error) {
    return { kind: "no_credentials", ...answerIn(error) };
  }
  if (abortSignal.aborted) return { kind: "no_credentials", code: "timeout", status: 0 };
  progress.sending = true;
  try {
    const { SendRawEmailCommand } = await import("./ses-client.ts");
    const command = new SendRawEmailCommand({
      Source: mail.from.address,
      Destinations: [mail.to.address],
      RawMessage: { Data: mail.raw },
      ...(configurationSet ? { ConfigurationSetName: configurationSet } : {}),
    });
    const { MessageId, $metadata } = await client.send(command, { abortSignal });
    if (MessageId) return { kind: "taken", id: MessageId };
    return { kind: "refused", status: $metadata.httpStatusCode ?? 0, code: "", text: "" };
  } catch (error) {
    return failureOf(error);
  }
}

function failureOf(error: unknown): SesAnswer {
  const { code, status } = answerIn(error);
  const text = error instanceof Error ? error.message : "";
  // A connection that broke within the answer has a status too, and a code of the system.
  const broken = systemCode(error);
  if (broken !== null) return { kind: "failure", code: broken, sent: status > 0 || !neverSent(broken, text) };
  if (status > 0) return { kind: "refused", status, code, text };
  return { kind: "failure", code: "unknown", sent: true };
}

/** Generic names that the SDK gives to an answer that it could not read; the last to any 404. */
const UNREAD = ["Error", "Unknown", "TypeError", "SyntaxError", "NotFound"];

/** AWS's word and the status; `status` 0 when nobody answered. */
function answerIn(error: unknown): { code: string; status: number } {
  if (error instanceof CredentialsError) return { code: error.code, status: 0 };
  const name = error instanceof Error && !UNREAD.includes(error.name) ? error.name : "";
  const metadata = isObject(error) && isObject(error["$metadata"]) ? error["$metadata"] : {};
  const status = metadata["httpStatusCode"];
  return { code: name || (systemCode(error) ?? ""), status: typeof status === "number" ? status : 0 };
}

const isObject = (it: unknown): it is Record<string, unknown> => typeof it === "object" && it !== null;

/** The system's word, or `timeout`; null when the failure is none of the connection. */
function systemCode(error: unknown): string | null {
  for (let it = error, depth = 0; isObject(it) && depth < 5; it = it["cause"], depth++) {
    if (it["name"] === "AbortError" || it["code"] === "ETIMEDOUT") return "timeout";
    if (typeof it["code"] === "string" && /^[A-Z][A-Z0-9_]{2,60}$/.test(it["code"])) return it["code"];
    if (it["name"] === "TimeoutError") return "timeout";
  }
  return null;
}

/** No address, no connection, or no trust in it: the SDK's own words for a slow one, Node's codes for the rest. */
function neverSent(code: string, text: string): boolean {
  if (code === "timeout") return /did not establish a connection/.test(text);
  return (
    ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH", "EPROTO"].includes(code) ||
    /CERT|TLS|SSL|^ERR_INVALID_/.test(code)
  );
}
