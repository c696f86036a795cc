import { AdapterError } from "../../ports.ts";

/** The document that `read` makes; null, and said, when a hand has spoilt it: one must not hold up a list of many. */
export function orSkip<T>(read: () => T, warn: (text: string) => void): T | null {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof AdapterError) || error.code !== "bad_document") throw error;
    warn(error.message);
    return null;
  }
}
