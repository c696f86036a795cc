import { type Failure, failureOf, inTime } from "../failure.ts";
import type { GuardedFetch } from "../guarded-fetch.ts";

/** What came back of one attempt. */
export type Answer =
  | {
      readonly kind: "answer";
      readonly status: number;
      /** The header, as it is. */
      readonly retryAfter: string | null;
    }
  | Failure;

export interface Attempt {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly timeoutMilliseconds: number;
}

/** Posts once; redirects are not followed. Never throws. */
export async function post(fetch: GuardedFetch, attempt: Attempt): Promise<Answer> {
  const { url, headers, body, timeoutMilliseconds } = attempt;
  const signal = AbortSignal.timeout(timeoutMilliseconds);
  try {
    const sending = fetch(url, { method: "POST", headers, body, redirect: "manual", signal });
    const { status, headers: answered } = await inTime(sending, timeoutMilliseconds);
    return { kind: "answer", status, retryAfter: answered.get("retry-after") };
  } catch (error) {
    return failureOf(error);
  }
}
