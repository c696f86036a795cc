import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Keeps a second emulator from the same state file: it would take the first one's processes for leftovers and kill them. The
 * lock of an emulator that was killed does not hold. Returns what gives the lock back; throws if somebody has it.
 */
export function lockState(folder: string): () => void {
  const file = join(folder, "emulator.pid");
  mkdirSync(folder, { recursive: true });
  const [pid = "", born = ""] = readOr(file).trim().split(" ");
  if (pid !== "" && bornAt(Number(pid)) === born) {
    throw new Error(
      `cannot open the Batch emulator's state in ${folder}: process ${pid} has it open; stop that one, or name another file`,
    );
  }
  writeFileSync(file, `${process.pid} ${bornAt(process.pid)}\n`);
  return () => rmSync(file, { force: true });
}

/** Tells a process from a later one with the same number; "gone" for none. Without /proc only "here" is known. */
function bornAt(pid: number): string {
  try {
    process.kill(pid, 0);
  } catch {
    return "gone";
  }
  const stat = readOr(`/proc/${pid}/stat`);
  return stat === "" ? "here" : (stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "here");
}

function readOr(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return ""; // no lock, or no /proc
  }
}
