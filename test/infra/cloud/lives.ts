import { execFile } from "node:child_process";
import { promisify } from "node:util";

const MILLISECONDS = 15_000;

/** Whether a process is there and not merely waiting to be collected; by ps, which every system has. */
async function lives(pid: number): Promise<boolean> {
  const { stdout } = await promisify(execFile)("ps", ["-o", "stat=", "-p", String(pid)]).catch(() => ({
    stdout: "", // none of this number
  }));
  return stdout.trim() !== "" && !stdout.trim().startsWith("Z");
}

/** Waits until the process has ended; false when it still lives after a quarter of a minute. */
export async function ends(pid: number): Promise<boolean> {
  for (const deadline = Date.now() + MILLISECONDS; Date.now() < deadline; ) {
    if (!(await lives(pid))) return true;
    await new Promise((done) => setTimeout(done, 50));
  }
  return false;
}

/** Numbers of the processes that a process has started and that are there. */
export async function childrenOf(pid: number): Promise<{ pid: number; command: string }[]> {
  const { stdout } = await promisify(execFile)("ps", ["-A", "-ww", "-o", "pid=,ppid=,args="]);
  return stdout
    .split("\n")
    .map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line))
    .filter((found) => found !== null && Number(found[2]) === pid)
    .map((found) => ({ pid: Number(found![1]), command: found![3]! }));
}
