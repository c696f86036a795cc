import { AdapterError } from "../../ports.ts";
import type { Written } from "./database.ts";
import { CODE, codeOf } from "./failure.ts";

const REFUSED: readonly (number | null)[] = [CODE.notFound, CODE.alreadyExists, CODE.failedPrecondition];
/** What is certain not to have been written, and would not be at a repeat. */
const CERTAIN: readonly (number | null)[] = [
  CODE.invalidArgument,
  CODE.permissionDenied,
  CODE.unauthenticated,
];

/** What an error of a write means for it. Throws the error again where it is no matter of races or lost answers. */
export function outcomeOf(error: unknown): Written {
  if (!(error instanceof AdapterError)) throw error;
  const code = codeOf(error.cause);
  // A missing database is "not found" too, and no race.
  if (/database .*does not exist/i.test(error.message) || CERTAIN.includes(code)) throw error;
  if (error.code === "store_credentials") throw error;
  return REFUSED.includes(code) ? { kind: "refused" } : { kind: "unknown", error };
}
