import dns from "node:dns";
import http from "node:http";
import https from "node:https";
import { isIP, type LookupFunction } from "node:net";
import { isPrivateAddress } from "./private-address.ts";

export interface GuardedFetchOptions {
  /** Also http, loopback and private addresses: tests and `dev` only. */
  readonly allowPrivateUrls?: boolean;
  /** From call to last byte, milliseconds; the caller's own signal may be shorter. */
  readonly timeoutMilliseconds?: number;
  readonly maxResponseBytes?: number;
  /** Nobody reads the answer's body: its head is the answer, whatever becomes of the rest. */
  readonly headOnly?: boolean;
  /** Resolves names; tests give their own. */
  readonly lookup?: typeof dns.lookup;
}

/** The part of `fetch` that small JSON posts need: `body` is a string, redirects are never followed but returned. */
export type GuardedFetch = (url: string | URL, init?: RequestInit) => Promise<Response>;

/** Why there is no response. Holds no part of the URL but, for `private_address`, the address itself. */
export class GuardedFetchError extends Error {
  /** `url_refused`, `private_address`, `timeout`, `response_too_large`, `bad_response`, or the system's code. */
  readonly code: string;
  /** False when certainly nothing of the request has left this machine. */
  readonly sent: boolean;
  constructor(message: string, code: string, sent: boolean) {
    super(message);
    this.name = "GuardedFetchError";
    this.code = code;
    this.sent = sent;
  }
}

/**
 * A `fetch` for configured URLs. The address is checked where the connection is made (the `lookup` hook of the
 * socket), so a name cannot answer publicly to a check and privately to the connection. Every request has its own
 * connection: none is lost on a stale one. Proxies (`HTTPS_PROXY`) are not used: the guard could not see past them.
 */
export function guardedFetch(options: GuardedFetchOptions = {}): GuardedFetch {
  return async (url, init = {}) => {
    const refusal = urlRefusal(String(url), options.allowPrivateUrls ?? false);
    if (refusal !== null) throw new GuardedFetchError(refusal, "url_refused", false);
    if (init.body !== undefined && init.body !== null && typeof init.body !== "string") {
      throw new TypeError("guardedFetch sends strings only");
    }
    return exchange(new URL(url), init, options);
  };
}

/** Why an address is refused before its host is looked up, or null. Holds no part of it but a private address. */
export function urlRefusal(text: string, allowPrivate: boolean): string | null {
  const url = URL.parse(text);
  if (url === null) return "it is no URL";
  if (url.protocol !== "https:" && !(allowPrivate && url.protocol === "http:")) return "it must be https";
  if (url.username || url.password) return "it must not hold a user name or password";
  const host = url.hostname.replace(/^\[|\]$/g, "");
  // A literal address never reaches the lookup hook.
  if (!allowPrivate && isIP(host) && isPrivateAddress(host)) return `${host} is a private address`;
  return null;
}

function exchange(target: URL, init: RequestInit, options: GuardedFetchOptions): Promise<Response> {
  const secure = target.protocol === "https:";
  const request = (secure ? https : http).request(target, {
    method: init.method ?? "GET",
    headers: Object.fromEntries(new Headers(init.headers)),
    agent: false,
    ...(options.allowPrivateUrls && !options.lookup ? {} : { lookup: guardedLookup(options) }),
  });
  let sent = false;
  request.on("socket", (socket) => {
    socket.once(secure ? "secureConnect" : "connect", () => {
      sent = true;
    });
  });
  return new Promise<Response>((resolve, reject) => {
    const fail = (error: unknown): void => {
      reject(failure(error, sent));
      request.destroy();
    };
    const stop = limitTime(options.timeoutMilliseconds ?? 15_000, init.signal ?? null, () =>
      fail(new GuardedFetchError("no answer in time", "timeout", sent)),
    );
    request.on("error", fail);
    request.on("response", (response) => {
      const body = readBody(response, options.maxResponseBytes ?? 64 * 1024);
      if (options.headOnly) {
        // Read all the same, within its limits: who is cut off while he answers may take back what he did.
        body.catch(() => request.destroy());
        response.socket.unref();
      }
      (options.headOnly ? Promise.resolve(null) : body)
        .then((read) => responseOf(response, read))
        .then(resolve, fail);
    });
    // 101, which was not asked for; Node would leave the connection to us, and open.
    request.on("upgrade", () => fail(badResponse()));
    request.on("close", stop);
    request.end(init.body ?? undefined);
  });
}

/** Calls `expire` at the limit or when the caller's signal aborts; the answer takes both back. */
function limitTime(milliseconds: number, signal: AbortSignal | null, expire: () => void): () => void {
  const timer = setTimeout(expire, milliseconds);
  signal?.addEventListener("abort", expire, { once: true });
  if (signal?.aborted) queueMicrotask(expire);
  return () => {
    clearTimeout(timer);
    signal?.removeEventListener("abort", expire);
  };
}

/** System errors carry the host in their message, so only the code goes on. */
function failure(error: unknown, sent: boolean): GuardedFetchError {
  if (error instanceof GuardedFetchError) return new GuardedFetchError(error.message, error.code, sent);
  const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
  return new GuardedFetchError(`the connection failed: ${code}`, code, sent);
}

function guardedLookup(options: GuardedFetchOptions): LookupFunction {
  const lookup = options.lookup ?? dns.lookup;
  return (hostname, how, callback) => {
    lookup(hostname, { ...how, all: true }, (error, addresses) => {
      const [first] = addresses ?? [];
      if (error || !first) return callback(error ?? new Error("no address"), []);
      const refused = addresses.find(({ address }) => isPrivateAddress(address));
      if (refused && !options.allowPrivateUrls) {
        const message = `its host resolves to the private address ${refused.address}`;
        return callback(new GuardedFetchError(message, "private_address", false), []);
      }
      if (how.all) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}

/** Statuses that the `Response` constructor wants without a body. */
const BODILESS = [204, 205, 304];

async function readBody(response: http.IncomingMessage, maxBytes: number): Promise<Buffer<ArrayBuffer>> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) {
      throw new GuardedFetchError(`the answer is larger than ${maxBytes} bytes`, "response_too_large", true);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function responseOf(response: http.IncomingMessage, body: Buffer<ArrayBuffer> | null): Response {
  const headers = new Headers();
  for (const [name, values] of Object.entries(response.headersDistinct)) {
    for (const value of values ?? []) headers.append(name, value);
  }
  const { statusCode: status = 0, statusMessage: statusText = "" } = response;
  if (status < 200 || status > 599) throw badResponse();
  return new Response(BODILESS.includes(status) ? null : body, { status, statusText, headers });
}

const badResponse = (): GuardedFetchError => new GuardedFetchError("no HTTP status", "bad_response", true);
