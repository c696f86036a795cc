import type { Evidence, Handle } from "../../src/core/job.ts";
import type { Observation } from "../../src/core/observation.ts";
import { bytesOf } from "../../src/core/quantity.ts";
import type { AttemptRef, Capacity, Executor, Files, Submission, SubmitResult } from "../../src/ports.ts";

/** How one attempt will go, whatever its number: the world's secret. */
export type Fate =
  | { readonly kind: "ok" }
  /** Needs so much memory: killed below. */
  | { readonly kind: "needs"; readonly bytes: number }
  | { readonly kind: "exit"; readonly code: number }
  | { readonly kind: "preempted" }
  | { readonly kind: "vanishes" }
  /** Fails before it ever runs. */
  | { readonly kind: "never_ran" }
  | { readonly kind: "missing_output" }
  | { readonly kind: "cancelled_elsewhere" };

interface Life {
  readonly submission: Submission;
  readonly fate: Fate;
  stage: "accepted" | "running" | "ended" | "cancelled";
  cancelAsked: boolean;
  endedAt: string | null;
}

/** The outside: what really happens to attempts, whatever the monitor knows of it. Deterministic. */
export class World {
  readonly lives = new Map<string, Life>();
  /** Submissions per attempt id, as they came in. */
  readonly submissions = new Map<string, number>();
  /** Violations seen from outside, as sentences. */
  readonly violations: string[] = [];
  readonly tombstones = new Set<string>();
  nowMilliseconds = Date.parse("2026-02-27T10:30:00.000Z");
  /** While true no executor can be asked. */
  unreachable = false;
  /** While true outputs cannot be looked up. */
  blind = false;
  /** While true the executor answers as it was some time ago: nothing seems to have gone on. */
  stale = false;
  slots = 4;
  readonly #fate: (job: string, attempt: number) => Fate;
  /** Told of each submission before it counts. */
  onSubmit: (submission: Submission) => void = () => {};

  constructor(fate: (job: string, attempt: number) => Fate) {
    this.#fate = fate;
  }

  now = (): string => new Date(this.nowMilliseconds).toISOString();

  pass(seconds: number): void {
    this.nowMilliseconds += seconds * 1000;
  }

  /** Every attempt goes one stage further. */
  progress(): void {
    for (const life of this.lives.values()) {
      if (life.stage === "ended" || life.stage === "cancelled") continue;
      if (life.cancelAsked) this.#end(life, "cancelled");
      else if (life.stage === "accepted" && life.fate.kind !== "never_ran") life.stage = "running";
      else this.#end(life, "ended");
    }
  }

  #end(life: Life, stage: "ended" | "cancelled"): void {
    life.stage = stage;
    life.endedAt = this.now();
  }

  isAlive(id: string): boolean {
    const stage = this.lives.get(id)?.stage;
    return stage === "accepted" || stage === "running";
  }

  /** Whether this attempt really published its outputs. */
  published(id: string): boolean {
    const life = this.lives.get(id);
    if (life?.stage !== "ended") return false;
    return life.fate.kind === "ok" || (life.fate.kind === "needs" && this.#enough(life));
  }

  #enough(life: Life): boolean {
    return life.fate.kind === "needs" && bytesOf(life.submission.attempt.resources.memory) >= life.fate.bytes;
  }

  executor(): Executor {
    return {
      kind: "local",
      capacity: async () => this.#capacity(),
      submit: async (submissions) => submissions.map((submission) => this.#submit(submission)),
      observe: async (refs) => {
        if (this.unreachable) throw new Error("the executor is away");
        return refs.map((ref) => this.#observe(ref));
      },
      cancel: async (refs) => {
        if (this.unreachable) throw new Error("the executor is away");
        for (const { attempt } of refs) this.#cancel(attempt.id);
      },
      log: async () => null,
      forget: async () => {},
      changed: async () => {},
    };
  }

  #capacity(): Capacity {
    if (this.unreachable) throw new Error("the executor is away");
    const alive = [...this.lives.keys()].filter((id) => this.isAlive(id)).length;
    const free = { cpu: Math.max(0, this.slots - alive), memory: 64 * 2 ** 30 };
    return { largest: { cpu: this.slots, memory: 32 * 2 ** 30 }, free, notes: [] };
  }

  #submit(submission: Submission): SubmitResult {
    const { id, attempt } = submission.attempt;
    if (this.unreachable)
      return { attempt: id, kind: "later", waiting: { reason: "executor_unreachable", detail: "away" } };
    this.onSubmit(submission);
    this.submissions.set(id, (this.submissions.get(id) ?? 0) + 1);
    const handle: Handle = { id };
    if (this.lives.has(id) || this.tombstones.has(id)) return { attempt: id, kind: "submitted", handle };
    for (const [other, life] of this.lives) {
      const sameJob = life.submission.job === submission.job && life.submission.run_id === submission.run_id;
      if (sameJob && this.isAlive(other))
        this.violations.push(`${id} was submitted while ${other} still lives`);
    }
    const fate = this.#fate(submission.job, attempt);
    this.lives.set(id, { submission, fate, stage: "accepted", cancelAsked: false, endedAt: null });
    return { attempt: id, kind: "submitted", handle };
  }

  #cancel(id: string): void {
    const life = this.lives.get(id);
    if (life) life.cancelAsked = true;
    else this.tombstones.add(id);
  }

  #observe({ attempt }: AttemptRef): Observation {
    const life = this.lives.get(attempt.id);
    if (this.tombstones.has(attempt.id)) return { attempt: attempt.id, status: "cancelled", ran: false };
    if (!life) {
      // Nothing is wrong with what was never confirmed; what was confirmed and is not there is gone.
      return attempt.status === "recorded"
        ? { attempt: attempt.id, status: null, waiting: null }
        : { attempt: attempt.id, status: "lost", certain: true };
    }
    if (this.stale && life.stage !== "accepted") return { attempt: attempt.id, status: "submitted" };
    if (life.stage === "accepted") return { attempt: attempt.id, status: "submitted" };
    if (life.stage === "running") return { attempt: attempt.id, status: "running", started_at: this.now() };
    if (life.stage === "cancelled")
      return { attempt: attempt.id, status: "cancelled", exit_code: 143, ended_at: life.endedAt };
    return { attempt: attempt.id, ended_at: life.endedAt, ...this.#ending(life) };
  }

  #ending(life: Life): Omit<Observation, "attempt"> {
    switch (life.fate.kind) {
      case "ok":
      case "missing_output":
        return { status: "succeeded", exit_code: 0 };
      case "needs":
        if (this.#enough(life)) return { status: "succeeded", exit_code: 0 };
        return {
          status: "failed",
          exit_code: 137,
          verdict: "oom",
          evidence: [evidence("cgroup", "1 process killed")],
        };
      case "exit":
        return { status: "failed", exit_code: life.fate.code };
      case "preempted":
        return { status: "failed", exit_code: 50001, verdict: "preempted" };
      case "vanishes":
        return { status: "lost", certain: true };
      case "never_ran":
        return { status: "failed", ran: false, evidence: [evidence("event", "agent never reported")] };
      case "cancelled_elsewhere":
        return { status: "cancelled", exit_code: null };
      default:
        return life.fate satisfies never;
    }
  }

  files(): Files {
    return {
      locate: async () => null,
      verify: async (_output, attempts) => {
        if (this.blind) throw new Error("the bucket does not answer");
        return new Map(attempts.map(({ id }) => [id, this.#verification(id)]));
      },
      adopt: async () => true,
      prepare: async () => null,
      read: async () => null,
      write: async () => {},
    };
  }

  #verification(id: string) {
    const declared = this.published(id) ? this.lives.get(id)!.submission.outputs : [];
    const outputs = declared.map(({ path }) => ({ pattern: path, path, size: 3, checksum: null }));
    return {
      manifest: { attempt: id, outputs },
      sizes: Object.fromEntries(outputs.map(({ path }) => [path, 3])),
      metrics: {},
    };
  }
}

const evidence = (source: Evidence["source"], text: string): Evidence => ({ source, text });
