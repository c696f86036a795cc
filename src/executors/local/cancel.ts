import { mkdirSync, writeFileSync } from "node:fs";
import { AdapterError, type AttemptRef } from "../../ports.ts";
import { placeTombstone } from "./claim.ts";
import { attemptFiles, nameProblem } from "./folder.ts";
import type { Host } from "./host.ts";

/**
 * Asks for the end of an attempt. If nobody has its claim, a tombstone takes it and it never starts; else a file tells its
 * supervisor, which looks for it all the time and does the killing, whether or not this monitor lives on.
 */
export function cancelAttempt(host: Host, ref: AttemptRef): void {
  if (nameProblem(ref) !== null) return; // it was refused, so it never was
  const files = attemptFiles(host.folder, ref);
  try {
    mkdirSync(files.home, { recursive: true });
    // After the end it says nothing to anybody: an exit record wins over it.
    const never = placeTombstone(files.claim, new Date(host.now()).toISOString());
    if (!never) writeFileSync(files.cancel, "");
    // That it never starts is news that no watcher sees; the end of what lives is seen when it comes.
    else host.ends.bump();
  } catch (cause) {
    throw new AdapterError(
      `Could not cancel ${ref.attempt.id} of ${ref.run_id} in ${files.home}: ${(cause as Error).message}. Make room or give write permission, and cancel again.`,
      { code: "local_cancel", retryable: true, cause },
    );
  }
}
