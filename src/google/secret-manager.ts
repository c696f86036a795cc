import { z } from "zod";
import { AdapterError } from "../ports.ts";
import type { AccessToken } from "./access-token.ts";

export interface SecretManagerParts {
  readonly accessToken: AccessToken;
  /** Where `sm://NAME` is looked for; null: only whole names can be resolved. */
  readonly project: string | null;
  readonly fetch?: typeof fetch;
  /** Epoch milliseconds. */
  readonly now?: () => number;
}

/** The text of a secret: `sm://NAME` (its latest version) or `sm://projects/P/secrets/S/versions/V`. Throws an `AdapterError`. */
export type ReadSecret = (reference: string) => Promise<string>;

const KEEP = 5 * 60_000;
const TIMEOUT = 10_000;
const WHOLE = /^projects\/([a-z0-9:.-]+)\/secrets\/([A-Za-z0-9_-]{1,255})(?:\/versions\/(\d+|latest))?$/;
const SHORT = /^[A-Za-z0-9_-]{1,255}$/;

const Payload = z.object({ payload: z.object({ data: z.string() }) });

/**
 * Reads secrets when they are used, and keeps each for five minutes: https://cloud.google.com/secret-manager/docs/reference/rest.
 * One REST call instead of the client, which costs more to load than all else that tells people.
 */
export function openSecretManager(parts: SecretManagerParts): ReadSecret {
  const { accessToken, project, fetch = globalThis.fetch, now = Date.now } = parts;
  const kept = new Map<string, { readonly until: number; readonly text: Promise<string> }>();

  const read = async (reference: string): Promise<string> => {
    const name = nameOf(reference, project);
    const token = await accessToken();
    let answer: Response;
    try {
      answer = await fetch(`https://secretmanager.googleapis.com/v1/${name}:access`, {
        headers: { authorization: `Bearer ${token}` },
        signal: AbortSignal.timeout(TIMEOUT),
        redirect: "error",
      });
    } catch (error) {
      throw problem(reference, "Secret Manager does not answer", { retryable: true, cause: error });
    }
    if (!answer.ok) throw refused(reference, answer.status);
    const body = Payload.safeParse(await answer.json().catch(() => null));
    if (!body.success) throw problem(reference, "Secret Manager's answer holds no payload");
    return Buffer.from(body.data.payload.data, "base64").toString("utf8").trim();
  };

  return (reference) => {
    const known = kept.get(reference);
    if (known && known.until > now()) return known.text;
    const text = read(reference);
    kept.set(reference, { until: now() + KEEP, text });
    // What failed is tried again by whoever asks next.
    text.catch(() => kept.delete(reference));
    return text;
  };
}

function nameOf(reference: string, project: string | null): string {
  const text = reference.replace(/^sm:\/\//, "");
  const whole = WHOLE.exec(text);
  if (whole) return `projects/${whole[1]}/secrets/${whole[2]}/versions/${whole[3] ?? "latest"}`;
  if (!SHORT.test(text))
    throw problem(reference, "expected sm://NAME or sm://projects/P/secrets/NAME/versions/V");
  if (project === null) throw problem(reference, "no project is known: set GOOGLE_CLOUD_PROJECT");
  return `projects/${project}/secrets/${text}/versions/latest`;
}

function refused(reference: string, status: number): AdapterError {
  const words: Readonly<Record<number, string>> = {
    400: "this version is disabled or destroyed",
    401: "the credentials are not accepted",
    403: "permission denied: the account needs roles/secretmanager.secretAccessor on this secret",
    404: "there is no such secret, or it has no version yet: gcloud secrets versions add",
  };
  const text = words[status] ?? `Secret Manager answered ${status}`;
  return problem(reference, text, { retryable: status === 429 || status >= 500 });
}

/** Names of secrets are no secrets; their texts never stand here. */
const problem = (
  reference: string,
  what: string,
  { retryable = false, cause }: { retryable?: boolean; cause?: unknown } = {},
): AdapterError =>
  new AdapterError(`the secret ${reference} cannot be read: ${what}`, { code: "secret", retryable, cause });
