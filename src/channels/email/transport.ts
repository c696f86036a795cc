import type { Delivery } from "../../ports.ts";
import { strangersWords } from "../strangers-words.ts";
import type { Mail } from "./mail.ts";

/** What one sending came to. `id` is the `Message-ID` that the mail arrives with. */
export type Sent =
  | { readonly kind: "delivered"; readonly id: string }
  | Exclude<Delivery, { kind: "delivered" }>;

/** Takes one mail, once: no retries of its own. Never throws; ends within its time limit. */
export type Transport = (mail: Mail) => Promise<Sent>;

/** What a stranger says, short enough for a reason: one line, no quotes of ours broken. */
export function quoted(text: string): string {
  const words = strangersWords(text);
  return words === "" ? "" : ` ("${words}")`;
}

/** Settles with `late()` when the work has not at the limit; the work's own end is then nobody's concern. */
export async function within<T>(work: Promise<T>, milliseconds: number, late: () => T): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<T>((resolve) => {
    timer = setTimeout(() => resolve(late()), milliseconds);
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}
