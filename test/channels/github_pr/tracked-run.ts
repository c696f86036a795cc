import type { NoticeEvent } from "../../../src/core/run.ts";
import { isFinalRun } from "../../../src/core/status.ts";
import type { Message } from "../../../src/ports.ts";
import { pipelineOf, Scene } from "../../core/scene.ts";

export const RUN = "2026-02-27_p_001";
export const BRANCH = "results/p-2026-02-27-001";
export const FILE = `results/${RUN}/results.md`;

const STEPS: Parameters<typeof pipelineOf>[0] = [
  { id: "qc", metrics: ["qc/{sample}.json"] },
  { id: "align", needs: ["qc"] },
];

export interface TrackedOptions {
  readonly steps?: typeof STEPS;
  readonly samples?: readonly string[];
  readonly labels?: Record<string, string>;
  readonly name?: string;
}

/** A run of two steps over three samples on paper, whose notices go to a channel that follows it. */
export class TrackedRun {
  readonly scene: Scene;

  constructor(options: TrackedOptions = {}) {
    const pipeline = pipelineOf(options.steps ?? STEPS);
    const subscriptions = [{ on: ["run.completed" as const], to: ["results"] }];
    this.scene = new Scene(pipeline, options.samples ?? ["s1", "s2", "s3"], {
      subscriptions,
      labels: options.labels ?? {},
      name: options.name ?? "castle-river-mountain-forest",
    });
    this.scene.followers = new Set(["results"]);
  }

  /** Starts what can start, and lets these jobs end: an exit code for each. */
  pass(exits: Readonly<Record<string, number>> = {}): void {
    const { scene } = this;
    scene.wait(60);
    scene.advance();
    const seen = Object.entries(exits).map(([key, exit_code]) =>
      exit_code === 0
        ? this.#succeeded(key)
        : scene.of(key, { status: "failed", exit_code, raw_state: "FAILED", started_at: scene.now }),
    );
    scene.wait(30);
    scene.advance(seen);
  }

  #succeeded(key: string) {
    const seen = this.scene.ok(key);
    const metrics = key.startsWith("qc-") ? { reads: 1000, "gc.mean": 41.5 } : {};
    return { ...seen, verification: { ...seen.verification!, metrics } };
  }

  /** The whole run: all samples well but `s2`, which fails in `align` every time. */
  finish(): void {
    this.pass({ "qc-s1": 0, "qc-s2": 0, "qc-s3": 0 });
    this.pass({ "align-s1": 0, "align-s2": 3, "align-s3": 0 });
    this.pass({ "align-s2": 3 });
    if (!isFinalRun(this.scene.run.status)) throw new Error(JSON.stringify(this.scene.standing()));
  }

  /** What the channel is given for an event of the run as it is now. */
  message(event: NoticeEvent, fields: Partial<Message> = {}): Message {
    const { run } = this.scene;
    const notice = this.scene.notices.findLast((each) => each.event === event);
    const facts = notice?.facts ?? {
      run_id: run.run_id,
      name: run.name,
      pipeline: run.pipeline,
      status: run.status,
      outcome: run.outcome,
      status_line: "3 samples, 2 steps, 6 jobs",
      output: run.config.output,
      executor: run.executor,
      description: run.description,
      details: [],
      more: 0,
      retries: null,
      seconds: null,
      commands: [`bioagent show ${run.run_id}`],
    };
    return {
      notice_id: `${run.run_id}.${run.round}.${event}`,
      event,
      facts,
      possible_repeat: false,
      test: false,
      round: run.round,
      tries: 1,
      created_at: run.created_at,
      kept: {},
      view: async () => ({ run: this.scene.run, jobs: [...this.scene.jobs.values()] }),
      ...fields,
    };
  }
}
