import { existsSync, readdirSync, renameSync, rmdirSync, unlinkSync } from "node:fs";
import { chmod, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { AttemptRef } from "../../ports.ts";
import { removeGroup } from "./cgroup.ts";
import { lifeOf, readClaim } from "./claim.ts";
import { attemptFiles } from "./folder.ts";
import type { Host } from "./host.ts";

/**
 * Takes away what an ended attempt worked with, frees its slot, and lays its exit record beside its log. Claim, log and
 * record stay: a submission of it, however late, finds the claim and starts nothing.
 */
export async function forgetAttempt(host: Host, ref: AttemptRef): Promise<void> {
  const files = attemptFiles(host.folder, ref);
  if (!existsSync(files.ended) && mayLive(host, files.claim)) return;
  host.ends.settle(ref.attempt.id);
  host.slots.release(ref);
  for (const name of entriesOf(files.home)) {
    if (!/^w[0-9a-f]{12}$/.test(name)) continue;
    if (host.groups) removeGroup(host.groups, name);
    if (!removePlainLaunch(join(files.home, name))) await removeTree(join(files.home, name));
  }
  try {
    renameSync(files.ended, files.exit);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}

function mayLive(host: Host, path: string): boolean {
  const claim = readClaim(path, host.now());
  return claim.kind === "fresh" || (claim.kind === "taken" && lifeOf(claim, host.machine) !== "dead");
}

function entriesOf(home: string): string[] {
  try {
    return readdirSync(home);
  } catch {
    return []; // never submitted, so nothing to take away
  }
}

/** Takes away what every launch has, fast; false when the script left more, as real work does. */
function removePlainLaunch(home: string): boolean {
  try {
    for (const file of ["script", "spec"]) unlinkSync(join(home, file));
    for (const part of readdirSync(home)) rmdirSync(join(home, part));
    rmdirSync(home);
    return true;
  } catch {
    return false;
  }
}

/** Removes a tree, also where the script took its own write permission away. */
async function removeTree(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true });
  } catch {
    await openFolders(path);
    // What even then cannot be removed (another user's, a dead mount) only takes space; forgetting must not fail for it.
    await rm(path, { recursive: true, force: true }).catch(() => {});
  }
}

async function openFolders(path: string): Promise<void> {
  await chmod(path, 0o700).catch(() => {});
  for (const entry of await readdir(path, { withFileTypes: true }).catch(() => [])) {
    if (entry.isDirectory()) await openFolders(join(path, entry.name));
  }
}
