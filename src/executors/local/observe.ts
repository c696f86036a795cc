import { existsSync, readdirSync } from "node:fs";
import type { Observation } from "../../core/observation.ts";
import { AdapterError, type AttemptRef } from "../../ports.ts";
import { handleIsFrom, handleOf, lifeOf, readClaim, type TakenClaim } from "./claim.ts";
import { observationOf, readRecord } from "./exit-record.ts";
import { attemptFiles } from "./folder.ts";
import { type Host, sayGroups } from "./host.ts";
import { readTail } from "./log.ts";
import { killRemains } from "./remains.ts";

/** One observation for each attempt. One listing finds those that ended; only the others' claims are read. */
export async function observeAttempts(host: Host, attempts: readonly AttemptRef[]): Promise<Observation[]> {
  host.ends.mark();
  const ended = new Set(listEnded(host));
  const observations: Observation[] = [];
  for (const ref of attempts) {
    const found = ended.has(ref.attempt.id) ? readEnd(host, ref) : null;
    observations.push(found ?? (await observeOpen(host, ref)));
  }
  return observations;
}

function listEnded(host: Host): string[] {
  try {
    return readdirSync(host.folder.ended);
  } catch (cause) {
    throw new AdapterError(
      `Could not look at the local attempts in ${host.folder.root}: ${(cause as Error).message}. Nothing is changed; bring the folder back.`,
      { code: "local_folder", retryable: true, cause },
    );
  }
}

/** The observation of an exit record, if there is one: among the ended, or with its attempt once forgotten. */
function readEnd(host: Host, ref: AttemptRef): Observation | null {
  const files = attemptFiles(host.folder, ref);
  const record = readRecord(files.ended) ?? readRecord(files.exit);
  if (!record) return null;
  host.ends.settle(ref.attempt.id);
  const context = { resources: ref.attempt.resources, memoryLimits: sayGroups(host.groups) };
  return { ...observationOf(ref.attempt.id, record, context), ...logFields(files.log) };
}

const logFields = (log: string) => ({ log_tail: readTail(log), log_uri: `file://${log}` });

async function observeOpen(host: Host, ref: AttemptRef): Promise<Observation> {
  const claim = readClaim(attemptFiles(host.folder, ref).claim, host.now());
  const attempt = ref.attempt.id;
  switch (claim.kind) {
    case "none":
      return observeUnclaimed(host, ref);
    case "fresh":
      return { attempt, status: null };
    case "empty":
      return lost(ref, "its supervisor died before it could start the script", { ran: false });
    case "tombstone":
      return { attempt, status: "cancelled", raw_state: "cancelled before it started", ran: false };
    case "taken":
      return observeClaimed(host, ref, claim);
    default:
      return claim satisfies never;
  }
}

/** Recorded: it was never submitted, and nothing is wrong. Submitted: its folder vanished, and with it any way to know. */
async function observeUnclaimed(host: Host, ref: AttemptRef): Promise<Observation> {
  const { id: attempt, status, handle } = ref.attempt;
  if (status === "recorded") return { attempt, status: null };
  if (!handleIsFrom(handle, host.machine)) return unreachable(ref, String(handle?.["host"]));
  const certain = await killRemains({ id: attempt, groups: host.groups, claim: null });
  if (!certain) return { attempt, status: null };
  return lost(ref, `its folder in ${host.folder.root} is gone`, {});
}

async function observeClaimed(host: Host, ref: AttemptRef, claim: TakenClaim): Promise<Observation> {
  const { id: attempt } = ref.attempt;
  const life = lifeOf(claim, host.machine);
  if (life === "alive") {
    const status = claim.script ? "running" : "submitted";
    const times = { submitted_at: claim.at, started_at: claim.script ? claim.at : null };
    return { attempt, status, raw_state: status, handle: handleOf(claim), ...times };
  }
  // It may have ended between the listing and the look at its supervisor.
  const end = readEnd(host, ref);
  if (end) return end;
  if (life === "unknown") return unreachable(ref, claim.machine.host);
  return observeDead(host, ref, claim);
}

/** No supervisor and no exit record: whatever is left of it is ended first, so that `lost` is certain. */
async function observeDead(host: Host, ref: AttemptRef, claim: TakenClaim): Promise<Observation> {
  const { id: attempt } = ref.attempt;
  const files = attemptFiles(host.folder, ref);
  if (!(await killRemains({ id: attempt, groups: host.groups, claim }))) {
    return {
      attempt,
      status: null,
      raw_state: "its supervisor is dead, and what it started cannot be killed",
    };
  }
  const seen = {
    submitted_at: claim.at,
    started_at: claim.script ? claim.at : null,
    ran: claim.script !== null,
    handle: handleOf(claim),
    ...logFields(files.log),
  };
  if (existsSync(files.cancel)) return { attempt, status: "cancelled", raw_state: "cancelled", ...seen };
  const rebooted = claim.machine.boot !== host.machine.boot;
  const why = rebooted
    ? "the machine was restarted while it ran"
    : `its supervisor (process ${claim.supervisor.pid}) is gone and left no exit record`;
  return lost(ref, why, seen);
}

const lost = (ref: AttemptRef, why: string, more: Partial<Observation>): Observation => ({
  attempt: ref.attempt.id,
  status: "lost",
  raw_state: "lost",
  certain: true,
  evidence: [{ source: "executor", text: why }],
  ...more,
});

const unreachable = (ref: AttemptRef, other: string): Observation => ({
  attempt: ref.attempt.id,
  status: null,
  waiting: {
    reason: "executor_unreachable",
    detail: `it was started on ${other}, where alone it can be looked at`,
  },
});
