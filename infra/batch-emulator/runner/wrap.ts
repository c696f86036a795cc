import { execFileSync } from "node:child_process";
import type { View } from "./mounts.ts";

/** How this machine gives a process mounts of its own: as root, by a user namespace, or not at all. */
export type Privacy = "root" | "user" | "none";

/** Tried once: whether a process can have a mount namespace here. */
export function findPrivacy(): Privacy {
  if (process.platform !== "linux") return "none";
  if (process.getuid?.() === 0 && works(["-m", "true"])) return "root";
  return works(["-Urm", "true"]) ? "user" : "none";
}

function works(argv: string[]): boolean {
  try {
    execFileSync("unshare", argv, { timeout: 5_000, stdio: "ignore" });
    return true;
  } catch {
    return false; // not installed, or not allowed
  }
}

/**
 * Every step replaces the one before, so the command's process is the one that was started and its end is seen as it is.
 * Words are given as arguments, never put into the script.
 */
const JOIN = `
for group in $1; do echo 0 >"$group" || { echo "emulator: cannot join the memory group $group" >&2; exit 125; }; done
shift`;
const MOUNT = `
mount -a -T "$1" || { echo "emulator: cannot mount the task's volumes" >&2; exit 125; }
root=$2
shift 2`;

/** The command within its memory groups and, where it has one, its view of the file system. */
export function wrapCommand(options: {
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly joined: readonly string[];
  readonly view: View | null;
  readonly privacy: Privacy;
}): string[] {
  const { argv, cwd, joined, view } = options;
  const begin = `cd -- "$1" || exit 125; shift; unset OLDPWD; exec "$@"`;
  const groups = joined.join(" ");
  if (view === null) return ["/bin/sh", "-c", `${JOIN}\n${begin}`, "sh", groups, cwd, ...argv];
  const unshare = ["unshare", options.privacy === "root" ? "-m" : "-Urm", "--propagation", "private", "--"];
  // The groups' files are reached before the root changes; mounting is not charged to the task.
  const script = `${MOUNT}\n${JOIN}\nexec chroot "$root" /bin/sh -c '${begin.replaceAll("'", "'\\''")}' sh "$@"`;
  return [...unshare, "/bin/sh", "-c", script, "sh", view.table, view.root, groups, cwd, ...argv];
}
