import { GuardedFetchError } from "./guarded-fetch.ts";

/** No answer came back of one call. */
export interface Failure {
  readonly kind: "failure";
  readonly code: string;
  /** What the guard said; no part of the URL is in it. */
  readonly text: string;
  /** False when certainly nothing of the request has left this machine. */
  readonly sent: boolean;
}

/** A fetch that heeds its signal ends before this does. */
const GRACE_MILLISECONDS = 250;

/** The work, or a `timeout` a little after its own limit: also a fetch that ignores its signal must end. */
export async function inTime<T>(work: Promise<T>, limitMilliseconds: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const expire = () => reject(new GuardedFetchError("no answer in time", "timeout", true));
    timer = setTimeout(expire, limitMilliseconds + GRACE_MILLISECONDS);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Codes of another `fetch` that mean: no connection, so nothing was sent. */
const NEVER_SENT = ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "UND_ERR_CONNECT_TIMEOUT"];

/** What a thrown error says of the request. */
export function failureOf(error: unknown): Failure {
  if (error instanceof GuardedFetchError) {
    return { kind: "failure", code: error.code, text: error.message, sent: error.sent };
  }
  const code = codeOf(error);
  return { kind: "failure", code, text: "", sent: !NEVER_SENT.includes(code) };
}

/** The first code in the chain of causes: Node's own fetch hides it one level down. An error's other words may hold the URL. */
function codeOf(error: unknown): string {
  for (let it = error, depth = 0; it instanceof Error && depth < 5; it = it.cause, depth++) {
    if (it.name === "TimeoutError" || it.name === "AbortError") return "timeout";
    if ("code" in it && typeof it.code === "string" && /^[A-Z_]{2,40}$/.test(it.code)) return it.code;
  }
  return "unknown";
}
