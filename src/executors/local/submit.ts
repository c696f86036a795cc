import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { tooBig } from "../../core/resources.ts";
import type { FailureClass } from "../../core/status.ts";
import type { Submission, SubmitResult } from "../../ports.ts";
import { removeGroup } from "./cgroup.ts";
import { handleOf, lifeOf, readClaim } from "./claim.ts";
import { attemptFiles, attemptFolder, nameProblem } from "./folder.ts";
import type { Host } from "./host.ts";
import { prepareLaunch } from "./launch.ts";
import { killRemains } from "./remains.ts";
import { claimPath, isAbandoned } from "./slots.ts";

/** Starts what fits. An attempt that has a claim, whoever took it and whatever became of it, is submitted already. */
export async function submitAttempts(
  host: Host,
  submissions: readonly Submission[],
): Promise<SubmitResult[]> {
  const settled = new Map<string, SubmitResult>();
  for (const submission of submissions) {
    const result = refusal(host, submission) ?? alreadySubmitted(host, submission);
    if (result) settled.set(submission.attempt.id, result);
  }
  const open = submissions.filter((submission) => !settled.has(submission.attempt.id));
  const reserved = await reserve(host, open);
  const results = submissions.map((submission): SubmitResult | Promise<SubmitResult> => {
    const id = submission.attempt.id;
    const known = settled.get(id);
    if (known) return known;
    return reserved.has(id) ? start(host, submission) : { attempt: id, kind: "later", waiting: null };
  });
  return Promise.all(results);
}

function refusal(host: Host, submission: Submission): SubmitResult | null {
  const refuse = (kind: FailureClass, text: string): SubmitResult => ({
    attempt: submission.attempt.id,
    kind: "refused",
    class: kind,
    text,
  });
  const name = nameProblem(submission);
  if (name !== null) return refuse("config", name);
  for (const [what, place] of [
    ["output", submission.output],
    ["input", submission.input],
  ] as const) {
    if (place !== null && /^[a-z][a-z0-9+.-]*:\/\//.test(place)) {
      return refuse(
        "config",
        `the local executor works on folders, and its ${what} is ${place}: give a folder`,
      );
    }
  }
  const withNul = Object.entries(submission.environment).find(([, value]) => value.includes("\0"));
  if (withNul) return refuse("config", `the value of ${withNul[0]} contains a NUL character`);
  const { milliCpus, memoryBytes } = host.total;
  const [problem] = tooBig(submission.attempt.resources, { cpu: milliCpus / 1000, memory: memoryBytes });
  return problem === undefined ? null : refuse("config", problem);
}

function alreadySubmitted(host: Host, submission: Submission): SubmitResult | null {
  const claim = readClaim(attemptFiles(host.folder, submission).claim, host.now());
  if (claim.kind === "none") return null;
  const handle = claim.kind === "taken" ? handleOf(claim) : null;
  return { attempt: submission.attempt.id, kind: "submitted", handle };
}

/** Reserves; when not all fit, slots of the dead are freed first and it is tried once more. */
async function reserve(host: Host, wanted: readonly Submission[]): Promise<Set<string>> {
  if (wanted.length === 0) return new Set();
  const reserved = host.slots.reserve(wanted) ?? new Set<string>();
  if (reserved.size === wanted.length || !(await freeDeadSlots(host))) return reserved;
  return host.slots.reserve(wanted) ?? reserved;
}

async function freeDeadSlots(host: Host): Promise<boolean> {
  let freed = false;
  for (const slot of host.slots.held()) {
    const claim = readClaim(claimPath(host.folder, slot), host.now());
    let over = claim.kind === "tombstone" || claim.kind === "empty";
    if (claim.kind === "none") over = isAbandoned(host.folder, slot, host.now());
    if (claim.kind === "taken" && lifeOf(claim, host.machine) === "dead") {
      over = await killRemains({ id: slot.id, groups: host.groups, claim });
    }
    if (over) host.slots.release(slot);
    freed ||= over;
  }
  return freed;
}

async function start(host: Host, submission: Submission): Promise<SubmitResult> {
  const { id } = submission.attempt;
  const files = attemptFiles(host.folder, submission);
  let launch: string;
  try {
    launch = prepareLaunch(host.launchContext, submission);
  } catch (error) {
    return notNow(host, submission, `could not prepare it in ${files.home}: ${(error as Error).message}`);
  }
  const answer = await host.launcher.launch(attemptFolder(submission.run_id, id), launch);
  if (answer.kind === "claimed") return confirmed(host, submission);
  if (host.groups) removeGroup(host.groups, launch);
  await rm(join(files.home, launch), { recursive: true, force: true });
  if (answer.kind === "taken") return confirmed(host, submission);
  return notNow(host, submission, answer.why);
}

function confirmed(host: Host, submission: Submission): SubmitResult {
  return (
    alreadySubmitted(host, submission) ??
    notNow(host, submission, `its folder in ${host.folder.root} vanished while it was started`)
  );
}

/** It has not begun, and the claim is still free: the reservation goes back, unless another monitor won meanwhile. */
function notNow(host: Host, submission: Submission, why: string): SubmitResult {
  if (!existsSync(attemptFiles(host.folder, submission).claim)) host.slots.release(submission);
  const detail = `Starting ${submission.attempt.id}: ${why}`;
  return { attempt: submission.attempt.id, kind: "later", waiting: { reason: "capacity", detail } };
}
