import { createHash, timingSafeEqual } from "node:crypto";
import { HttpError } from "./problem-document.ts";

/** What the local server looks at before it reads a body. */
export interface Knock {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Names under which this machine may be asked by itself; any other is a page that had its name rebound to us. */
const OWN_NAMES = new Set(["localhost", "127.0.0.1", "[::1]"]);

/** Whether only this machine can reach what listens there. */
export const isLoopback = (host: string): boolean =>
  host === "localhost" || host === "::1" || /^127(?:\.\d{1,3}){3}$/.test(host);

/**
 * Who may come in. With a token: whoever presents it. Without: this machine only, under its own names (no DNS
 * rebinding), and no page of another site on behalf of its reader.
 */
export function admit({ method, headers }: Knock, token: string | null): void {
  if (token !== null) return requireToken(headers["authorization"] ?? "", token);
  if (!OWN_NAMES.has(nameOf(`http://${headers["host"] ?? ""}`)))
    throw new HttpError(403, "This server answers to localhost only; set BIOAGENT_TOKEN to use other names.");
  const reads = method === "GET" || method === "HEAD";
  if (!reads && isForeign(headers))
    throw new HttpError(403, "A page of another site may not change anything here.");
}

const nameOf = (url: string): string => URL.parse(url)?.hostname ?? "";

/** Browsers say on whose behalf they ask; other programs say nothing. */
function isForeign(headers: Knock["headers"]): boolean {
  const { origin, host } = headers;
  if (headers["sec-fetch-site"] === "cross-site") return true;
  return origin !== undefined && origin !== `http://${host}`;
}

function requireToken(given: string, token: string): void {
  const presented = /^Bearer +(\S+) *$/i.exec(given)?.[1] ?? "";
  // Digests have equal length, so that the time it takes tells nothing of the token.
  if (timingSafeEqual(digest(presented), digest(token))) return;
  throw new HttpError(401, "Present the server's token: Authorization: Bearer TOKEN.", {
    "www-authenticate": 'Bearer realm="bioagent"',
  });
}

const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
