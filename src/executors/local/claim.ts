import { readFileSync, statSync, writeFileSync } from "node:fs";
import type { Handle } from "../../core/job.ts";
import { isAlive, type Machine, type ProcessIdentity } from "./machine.ts";

/** What an attempt's claim file says. */
export type Claim =
  /** Nobody has taken it. */
  | { readonly kind: "none" }
  /** Created, not yet written, a moment ago. */
  | { readonly kind: "fresh" }
  /** Created and never written: whoever took it died in between, and nothing was started. */
  | { readonly kind: "empty" }
  /** Cancelled before it was ever taken: a tombstone, so that it never starts. */
  | { readonly kind: "tombstone"; readonly at: string }
  | TakenClaim;

export interface TakenClaim {
  readonly kind: "taken";
  readonly machine: Machine;
  readonly supervisor: ProcessIdentity;
  /** The script's first process; null until it was started. It leads a process group of its own. */
  readonly script: ProcessIdentity | null;
  readonly at: string;
  /** Folder of the launch that won. */
  readonly launch: string;
}

const FRESH_MILLISECONDS = 5000;

/** Reads a claim; `now` (milliseconds since the epoch) judges the age of an empty one. */
export function readClaim(path: string, now: number): Claim {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found) return { kind: "none" };
  const claim = parseClaim(readFileSync(path, "utf8"));
  if (claim) return claim;
  return now - found.mtimeMs > FRESH_MILLISECONDS ? { kind: "empty" } : { kind: "fresh" };
}

/** The claim of a claim file's text; null while its first line is not complete. */
export function parseClaim(text: string): TakenClaim | { kind: "tombstone"; at: string } | null {
  const [first, second] = text.split("\n");
  if (first === undefined || !text.includes("\n")) return null;
  const words = first.split(" ");
  if (words[0] === "cancelled" && words[1] !== undefined) return { kind: "tombstone", at: words[1] };
  const [claimed, host, boot, pidNamespace, pid, startTime, epoch, launch] = words;
  if (claimed !== "claimed" || launch === undefined) return null;
  return {
    kind: "taken",
    machine: { host: host!, boot: boot!, pidNamespace: pidNamespace! },
    supervisor: { pid: Number(pid), startTime: startTime! },
    script: parseScript(second),
    at: instantOf(epoch!),
    launch,
  };
}

function parseScript(line: string | undefined): ProcessIdentity | null {
  const match = /^started (\d+) (\d+)$/.exec(line ?? "");
  return match ? { pid: Number(match[1]), startTime: match[2]! } : null;
}

/** The UTC instant of bash's `EPOCHREALTIME`. */
export const instantOf = (epoch: string): string =>
  new Date(Math.floor(Number(epoch.replace(",", ".")) * 1000)).toISOString();

/**
 * Whether a claim's supervisor lives. `unknown`: it is another machine's, or it counts process ids in another namespace
 * (a container's), and cannot be looked at from here.
 */
export function lifeOf(claim: TakenClaim, here: Machine): "alive" | "dead" | "unknown" {
  if (claim.machine.boot !== here.boot) return claim.machine.host === here.host ? "dead" : "unknown";
  if (claim.machine.pidNamespace !== here.pidNamespace) return "unknown";
  return isAlive(claim.supervisor) ? "alive" : "dead";
}

/** Takes the claim of an attempt that shall never start. False when it is taken already. */
export function placeTombstone(path: string, at: string): boolean {
  try {
    writeFileSync(path, `cancelled ${at}\n`, { flag: "wx" });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

export const handleOf = (claim: TakenClaim): Handle => ({
  host: claim.machine.host,
  boot_id: claim.machine.boot,
  pid_namespace: claim.machine.pidNamespace,
  pid: claim.supervisor.pid,
  start_time: claim.supervisor.startTime,
});

/** Whether a handle was given out by this machine, since this boot. */
export const handleIsFrom = (handle: Handle | null, here: Machine): boolean =>
  handle === null || handle["boot_id"] === here.boot || handle["host"] === here.host;
