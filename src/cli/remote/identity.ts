import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { AdapterError } from "../../ports.ts";

/** What a request to the API presents, or null where nothing need be presented. */
export type Identity = () => Promise<string | null>;

/** Tokens last an hour; milliseconds that we use one. */
const KEEP = 30 * 60_000;
/** One may be an older one that Google's clients have kept, too: it is not used in its last milliseconds. */
const LAST = 60_000;
const GCLOUD_TIMEOUT = 20_000;

export interface IdentityParts {
  readonly url: string;
  /** `BIOAGENT_TOKEN`: presented as it is. */
  readonly token: string | null;
  /** Ways to get a token for this address, tried in order; the real ones unless given. */
  readonly ways?: readonly ((audience: string) => Promise<string>)[];
}

const isLoopback = (url: string): boolean =>
  ["localhost", "127.0.0.1", "[::1]"].includes(new URL(url).hostname);

/**
 * An identity token for a private Cloud Run service: from the application default credentials where they are a service account's (a key,
 * impersonation, a machine of Google's), else from `gcloud`. A person's default credentials give none:
 * https://cloud.google.com/docs/authentication/get-id-token
 */
export function openIdentity({ url, token, ways = [fromDefaults, fromGcloud] }: IdentityParts): Identity {
  let kept: { readonly token: string; readonly until: number } | null = null;
  return async () => {
    if (token !== null) return token;
    if (isLoopback(url)) return null;
    if (kept && kept.until > Date.now()) return kept.token;
    const reasons: string[] = [];
    for (const way of ways) {
      try {
        const found = await way(new URL(url).origin);
        kept = { token: found, until: Math.min(Date.now() + KEEP, endOf(found) - LAST) };
        return found;
      } catch (error) {
        reasons.push(firstLine(error));
      }
    }
    throw new AdapterError(
      `no identity token for ${new URL(url).host} (${reasons.join("; ")}); log in with gcloud auth login, or set BIOAGENT_TOKEN`,
      { code: "no_identity", retryable: false },
    );
  };
}

/** Epoch milliseconds; never, where the token does not say. */
function endOf(token: string): number {
  try {
    const { exp } = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()) as {
      exp?: unknown;
    };
    return typeof exp === "number" ? exp * 1000 : Infinity;
  } catch {
    return Infinity; // not in the form of a token: whoever is asked will say so
  }
}

async function fromDefaults(audience: string): Promise<string> {
  const { GoogleAuth } = await import("google-auth-library");
  const client = await new GoogleAuth().getIdTokenClient(audience);
  return client.idTokenProvider.fetchIdToken(audience);
}

async function fromGcloud(): Promise<string> {
  const run = promisify(execFile);
  const { stdout } = await run("gcloud", ["auth", "print-identity-token", "--quiet"], {
    timeout: GCLOUD_TIMEOUT,
  }).catch((error: NodeJS.ErrnoException & { stderr?: string }) => {
    throw new Error(
      error.code === "ENOENT" ? "gcloud is not installed" : `gcloud: ${error.stderr || error.code}`,
    );
  });
  const token = stdout.trim();
  if (!/^[\w-]+\.[\w-]+\.[\w-]+$/.test(token)) throw new Error("gcloud printed no token");
  return token;
}

const firstLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).trim().split("\n")[0]!.slice(0, 200);
