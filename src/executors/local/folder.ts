import { mkdirSync, realpathSync } from "node:fs";
import { join } from "node:path";
import type { AttemptRef } from "../../ports.ts";

/** Where everything of one executor lies. All monitors that use this folder share its slots and attempts. */
export interface Folder {
  /** Absolute, symbolic links resolved. */
  readonly root: string;
  /** Exit records of attempts that are not forgotten, one flat folder: one listing finds every end. */
  readonly ended: string;
  /** Slot reservations; all that they say stands in their names. */
  readonly slots: string;
}

export function openFolder(directory: string): Folder {
  for (const part of ["attempts", "ended", "slots"]) mkdirSync(join(directory, part), { recursive: true });
  const root = realpathSync(directory);
  return { root, ended: join(root, "ended"), slots: join(root, "slots") };
}

/** An attempt's own folder, relative to the root. It stays for ever: claim, log and exit record are its tombstone. */
export const attemptFolder = (runId: string, id: string): string => `attempts/${runId}/${id}`;

/** The files of one attempt, as absolute paths. */
export function attemptFiles(folder: Folder, ref: AttemptRef) {
  const home = join(folder.root, attemptFolder(ref.run_id, ref.attempt.id));
  return {
    home,
    claim: join(home, "claim"),
    cancel: join(home, "cancel"),
    log: join(home, "log"),
    /** The exit record, once forgotten; before that it lies among the ended. */
    exit: join(home, "exit"),
    ended: join(folder.ended, ref.attempt.id),
  };
}

/** Why ids cannot name folders, or null. Everything else in a path is ours. */
export function nameProblem(ref: AttemptRef): string | null {
  if (!/^[a-z0-9-]{1,63}$/.test(ref.attempt.id)) return `${JSON.stringify(ref.attempt.id)} is no attempt id`;
  if (!/^[A-Za-z0-9._-]{1,128}$/.test(ref.run_id) || /^\.+$/.test(ref.run_id))
    return `run id ${JSON.stringify(ref.run_id)} cannot name a folder`;
  return /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(ref.job)
    ? null
    : `job key ${JSON.stringify(ref.job)} cannot name a folder`;
}
