import { execFile } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { OWNER_LABEL } from "./container-command.ts";
import type { ContainerEngine } from "./container-engine.ts";
import type { ProcessGroup } from "./process-group.ts";

const run = promisify(execFile);
const PATIENCE_MS = 20_000;
/** How long a container that was ordered may take to appear before its client is killed. Milliseconds. */
const APPEARS_MS = 2_000;

/** Ends the containers of an emulator with this mark that was killed; of every engine, whichever it had used. */
export async function removeContainers(programs: readonly string[], mark: string): Promise<void> {
  for (const program of programs) {
    try {
      const filter = `--filter=label=${OWNER_LABEL}=${mark}`;
      const { stdout } = await run(program, ["ps", "-aq", filter], { timeout: PATIENCE_MS });
      const ids = stdout.split("\n").filter(Boolean);
      if (ids.length > 0) await run(program, ["rm", "-f", ...ids], { timeout: PATIENCE_MS });
    } catch {
      // Not installed, or it does not answer: then it holds no container of ours either.
    }
  }
}

/**
 * Kills a container and takes it away; `client` is the `run` that started it. Killing only the client would not end it, and a
 * client that is killed while it creates the container leaves half of one, so it gets the time to create it.
 */
export async function endContainer(
  engine: ContainerEngine,
  name: string,
  client: ProcessGroup,
): Promise<void> {
  let isOver = false;
  const over = client.ended.then(() => {
    isOver = true;
  });
  const deadline = Date.now() + APPEARS_MS;
  while (!isOver && Date.now() < deadline) {
    await remove(engine, name);
    await Promise.race([over, sleep(100)]);
  }
  client.kill(); // it still pulls the image
  await over;
  await remove(engine, name);
}

async function remove({ program, settings }: ContainerEngine, name: string): Promise<void> {
  try {
    await run(program, [...settings, "rm", "-f", name], { timeout: PATIENCE_MS });
  } catch {
    // There is none, or it has just gone by itself.
  }
}
