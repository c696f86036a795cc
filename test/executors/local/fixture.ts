import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { Observation } from "../../../src/core/observation.ts";
import type { Resources } from "../../../src/core/resources.ts";
import { findMemoryGroups, removeGroup } from "../../../src/executors/local/cgroup.ts";
import { type LocalExecutorOptions, openLocalExecutor } from "../../../src/executors/local/local-executor.ts";
import type { AttemptRef, Executor, Submission } from "../../../src/ports.ts";
import { anAttempt } from "../../support/documents.ts";

/** A new folder that goes with the test. */
export function temporaryFolder(t: TestContext, below = tmpdir()): string {
  const folder = mkdtempSync(join(below, "bioagent-local-"));
  t.after(() => {
    removeGroups(join(folder, "local/attempts"));
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });
  return folder;
}

/** Of attempts that a test did not forget. */
function removeGroups(attempts: string): void {
  const groups = findMemoryGroups("/sys/fs/cgroup", readFileSync("/proc/self/cgroup", "utf8"));
  if (!groups || !existsSync(attempts)) return;
  for (const path of readdirSync(attempts, { recursive: true, encoding: "utf8" })) {
    const launch = /^[^/]+\/[^/]+\/(w[0-9a-f]{12})$/.exec(path)?.[1];
    if (launch !== undefined) removeGroup(groups, launch);
  }
}

export const callerEnvironment = {
  PATH: process.env["PATH"] ?? "/usr/bin:/bin",
  HOME: "/home/nobody",
  LANG: "C.UTF-8",
};

export function openIn(folder: string, options: Partial<LocalExecutorOptions> = {}): Executor {
  return openLocalExecutor({
    directory: join(folder, "local"),
    cpus: 64,
    memoryBytes: 2 ** 40,
    graceSeconds: 0.5,
    environment: callerEnvironment,
    ...options,
  });
}

export interface SubmissionOptions {
  readonly id?: string;
  readonly resources?: Partial<Resources>;
  readonly environment?: Record<string, string>;
  readonly files?: Record<string, string>;
  readonly outputs?: readonly string[];
  readonly metrics?: readonly string[];
  readonly shell?: readonly string[];
  readonly output?: string;
}

/** A submission of this script; its output folder is `out/` of the test's folder. */
export function submissionOf(folder: string, script: string, options: SubmissionOptions = {}): Submission {
  const id = options.id ?? "bioagent-20260227-001-count-s1-1f3a9c2e-a1";
  const output = options.output ?? join(folder, "out/");
  mkdirSync(output, { recursive: true });
  return {
    run_id: "2026-02-27_rnaseq_001",
    job: "count-s1",
    step: "count",
    sample: "s1",
    script,
    shell: options.shell ?? ["bash", "-euo", "pipefail"],
    image: null,
    environment: options.environment ?? {},
    files: options.files ?? {},
    outputs: (options.outputs ?? []).map((path) => ({ path, allow_empty: false })),
    metrics: options.metrics ?? [],
    input: null,
    output,
    attempt: anAttempt({
      attempt: Number(/\d+$/.exec(id)?.[0] ?? 1),
      id,
      resources: { cpu: 1, memory: "1GiB", ...options.resources },
    }),
  };
}

/** Looks until the observation is as wanted; fails after 20 s with the last one. */
export async function observeUntil(
  executor: Executor,
  ref: AttemptRef,
  wanted: (observation: Observation) => boolean,
): Promise<Observation> {
  const deadline = AbortSignal.timeout(20_000);
  for (;;) {
    const [observation] = await executor.observe([ref]);
    if (observation && wanted(observation)) return observation;
    if (deadline.aborted) throw new Error(`not seen in 20 s; last: ${JSON.stringify(observation)}`);
    await executor.changed(AbortSignal.any([deadline, AbortSignal.timeout(100)]));
  }
}

export const hasEnded = ({ status }: Observation): boolean =>
  status !== null && status !== "running" && status !== "submitted";

/** Submits and waits for the end. */
export async function runToEnd(executor: Executor, submission: Submission): Promise<Observation> {
  const [result] = await executor.submit([submission]);
  if (result?.kind !== "submitted") throw new Error(`not submitted: ${JSON.stringify(result)}`);
  return observeUntil(executor, submission, hasEnded);
}

/** Asks until it is true; fails after 10 s. */
export async function until(what: string, condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`not within 10 s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
