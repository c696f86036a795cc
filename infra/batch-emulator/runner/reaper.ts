import { spawn } from "node:child_process";
import { RUN_LABEL } from "./container-command.ts";
import type { ContainerEngine } from "./container-engine.ts";
import { MARK } from "./leftovers.ts";

/*
 * A shell that waits for the emulator to die: its standard input is a pipe that only the emulator holds. The word `done` means
 * that the emulator has cleaned up itself; the end of the pipe without it, that it was killed. Values come as arguments, the
 * container engine word by word through the pipe, once one is in use.
 */
const SCRIPT = `
mark=$1 groups=$2 folder=$3 label=$4
shift 4
while IFS= read -r word; do
  [ "$word" = done ] && exit 0
  set -- "$@" "$word"
done
for round in 1 2 3; do
  for environ in $(grep -lzFx -- "$mark" /proc/[0-9]*/environ 2>/dev/null); do
    process=\${environ#/proc/}
    kill -KILL "\${process%/environ}" 2>/dev/null
  done
  [ $# -eq 0 ] || for container in $("$@" ps -aq --filter "label=$label" 2>/dev/null); do
    "$@" rm -f "$container" >/dev/null 2>&1
  done
  sleep 0.2
done
[ -z "$groups" ] || find "\${groups%/*}" -depth -path "$groups*" -type d -exec rmdir {} + 2>/dev/null
[ -z "$folder" ] || rm -rf -- "$folder"
`;

export interface Reaper {
  /** Containers of this engine end too. */
  watch(engine: ContainerEngine): void;
  /** Lets it go: there is nothing left for it to do. */
  dismiss(): void;
}

/**
 * Ends the processes of an emulator that is killed with no chance to do it itself. `groups` is the path with which the
 * names of its memory groups begin, `folder` what goes with it; null for none.
 */
export function startReaper(options: {
  readonly mark: string;
  readonly groups: string | null;
  readonly folder: string | null;
}): Reaper {
  const label = `${RUN_LABEL}=${options.mark}`;
  const words = [`${MARK}=${options.mark}`, options.groups ?? "", options.folder ?? "", label];
  const reaper = spawn("/bin/sh", ["-c", SCRIPT, "sh", ...words], {
    detached: true, // a signal to the emulator's whole group must not reach it
    stdio: ["pipe", "ignore", "ignore"], // and the emulator's own environment: an engine's client needs it
  });
  reaper.on("error", () => {}); // no shell, no reaper: the next emulator on the same state file finds what is left
  reaper.stdin.on("error", () => {}); // it ended first
  reaper.unref();
  return {
    watch: ({ program, settings }) =>
      void reaper.stdin.write([program, ...settings].map((word) => `${word}\n`).join("")),
    dismiss: () => reaper.stdin.end("done\n"),
  };
}
