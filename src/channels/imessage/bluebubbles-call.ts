import { z } from "zod";
import { type Failure, failureOf, inTime } from "../failure.ts";
import type { GuardedFetch } from "../guarded-fetch.ts";

/** A BlueBubbles server, as this process reaches it. */
export interface BlueBubblesServer {
  readonly url: string;
  readonly password: string;
  readonly fetch: GuardedFetch;
  /** Takes secrets out of what the server says, before anything is cut. */
  readonly conceal: (text: string) => string;
}

/** What every answer of BlueBubbles has, right or wrong (server 1.9.9, `api/http/api/v1/responses`). */
const Envelope = z.object({
  status: z.number(),
  message: z.string(),
  error: z.object({ type: z.string(), message: z.string() }).optional(),
  data: z.unknown().optional(),
  metadata: z.unknown().optional(),
});
export type Envelope = z.infer<typeof Envelope>;

/** What came back of one request. */
export type Answer =
  | {
      readonly kind: "answer";
      readonly status: number;
      /** Null: somebody else has answered, a tunnel or a proxy. */
      readonly envelope: Envelope | null;
      /** The header, as it is. */
      readonly retryAfter: string | null;
    }
  | Failure;

export interface Request {
  readonly path: "/server/info" | "/message/text" | "/message/query";
  /** Absent: a GET. */
  readonly body?: Readonly<Record<string, unknown>>;
  readonly timeoutMilliseconds: number;
}

/** Asks once, without retries. Never throws. */
export async function call(server: BlueBubblesServer, request: Request): Promise<Answer> {
  const { body, timeoutMilliseconds } = request;
  const asked = server
    .fetch(addressOf(server, request.path), {
      ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
      headers: body === undefined ? {} : { "content-type": "application/json" },
      redirect: "manual",
      signal: AbortSignal.timeout(timeoutMilliseconds),
    })
    .then(async (response): Promise<Answer> => {
      const { status, headers } = response;
      const envelope = envelopeOf(await response.text(), server.conceal);
      return { kind: "answer", status, envelope, retryAfter: headers.get("retry-after") };
    });
  try {
    return await inTime(asked, timeoutMilliseconds);
  } catch (error) {
    return failureOf(error);
  }
}

/** The password goes into the query: the server looks nowhere else (`authMiddleware.ts`). */
function addressOf({ url, password }: BlueBubblesServer, path: string): URL {
  const address = new URL(url);
  address.pathname = `${address.pathname.replace(/\/+$/, "")}/api/v1${path}`;
  address.search = `?password=${encodeURIComponent(password.toWellFormed())}`;
  address.hash = "";
  return address;
}

function envelopeOf(text: string, conceal: (text: string) => string): Envelope | null {
  try {
    const { message, error, ...rest } = Envelope.parse(JSON.parse(text));
    return {
      ...rest,
      message: conceal(message),
      ...(error === undefined ? {} : { error: { type: error.type, message: conceal(error.message) } }),
    };
  } catch {
    return null; // no JSON, or not in this form: not BlueBubbles
  }
}
