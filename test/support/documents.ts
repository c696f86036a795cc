/** Builders of valid documents: every field has a plain default, any may be given; the result is parsed by its schema. */
import { Event } from "../../src/core/event.ts";
import { Attempt, Decision, Job, nextAttempt } from "../../src/core/job.ts";
import { Notice } from "../../src/core/notice.ts";
import { Pipeline } from "../../src/core/pipeline.ts";
import { Run } from "../../src/core/run.ts";
import type { Commit, SheetPage, StartRequest } from "../../src/ports.ts";

const AT = "2026-02-27T10:00:00Z";

export const aPipeline = (fields: Partial<Pipeline> = {}): Pipeline =>
  Pipeline.parse({
    pipeline: "rnaseq",
    steps: [
      {
        id: "fastqc",
        script: 'fastqc --outdir "$OUTPUT_DIR" "$FASTQ_1"',
        outputs: ["fastqc/{sample}_fastqc.html"],
      },
    ],
    ...fields,
  });

/** A run that has just been started, not yet planned; `pipeline` and `steps` follow the spec. */
export function aRun(fields: Partial<Run> = {}): Run {
  const spec = fields.pipeline_spec ?? aPipeline();
  const run_id = fields.run_id ?? "2026-02-27_rnaseq_001";
  return Run.parse({
    ...RUN_DEFAULTS,
    run_id,
    pipeline: spec.pipeline,
    steps: spec.steps.map((step) => step.id),
    config: { ...CONFIG_DEFAULTS, output: `gs://bucket/output/${run_id}/` },
    pipeline_spec: spec,
    ...fields,
  });
}

const RUN_DEFAULTS = {
  name: "castle-river-mountain-forest",
  description: "",
  executor: "local",
  status: "planning",
  outcome: null,
  stopping: null,
  waiting: null,
  round: 1,
  created_at: AT,
  started_at: null,
  completed_at: null,
  samples: ["sample01"],
  current_step: null,
  active_steps: [],
  preset: "default",
  rules: [],
  summary: {
    total_jobs: 1,
    pending: 0,
    submitted: 0,
    running: 0,
    succeeded: 0,
    failed: 0,
    skipped: 0,
    cancelled: 0,
    notes: "",
  },
  labels: {},
  queue: null,
  requested_by: null,
  resumed_from: null,
  rev: 0,
  subscriptions: [],
  next_poll_at: AT,
  held: false,
  planned: 0,
  event_count: 0,
  told_waiting: [],
  notes: [],
};
const CONFIG_DEFAULTS = {
  input: "gs://bucket/input/",
  reference: "GRCh38",
  executor: "local",
  region: null,
  params: {},
  limits: { failed_jobs: 0.5, failed_samples: 0.5 },
};

/** A pending job without an attempt; `key` follows step and sample, classes and exit codes follow the attempts. */
export function aJob(fields: Partial<Job> = {}): Job {
  const step = fields.step ?? "fastqc";
  const sample = fields.sample === undefined ? "sample01" : fields.sample;
  const attempts = fields.attempts ?? [];
  return Job.parse({
    ...JOB_DEFAULTS,
    key: sample === null ? step : `${step}-${sample}`,
    job_id: attempts.at(-1)?.id ?? `bioagent-20260227-001-${step}-1f3a9c2e-a1`,
    step,
    sample,
    exit_codes: attempts.map((attempt) => attempt.exit_code),
    classes: attempts.map((attempt) => attempt.class),
    retry_count: Math.max(0, attempts.length - 1),
    attempts,
    ...fields,
  });
}

const JOB_DEFAULTS = {
  run_id: "2026-02-27_rnaseq_001",
  pipeline: "rnaseq",
  inputs: { fastq_1: "gs://bucket/input/sample01_1.fastq.gz" },
  status: "pending",
  submitted_at: null,
  started_at: null,
  completed_at: null,
  exit_code: null,
  class: null,
  retries: {},
  error: null,
  decision: null,
  resources: { cpu: 1, memory: "8GiB" },
  executor: "local",
  outputs: [],
  metrics: {},
  waiting: null,
  not_before: null,
  fingerprint: null,
  reused_from: null,
  blocked_by: null,
  exhausted: false,
  decisions: [],
  rev: 0,
};

/** An attempt that is recorded and not yet submitted; its id follows its number. */
export const anAttempt = (fields: Partial<Attempt> = {}): Attempt =>
  Attempt.parse({
    ...RECORDED,
    id: `bioagent-20260227-001-fastqc-1f3a9c2e-a${fields.attempt ?? 1}`,
    ...fields,
  });

const RECORDED = nextAttempt(aJob(), AT);

export const aDecision = (fields: Partial<Decision> = {}): Decision =>
  Decision.parse({
    action: "retry",
    reasoning: "Exit code 137 indicates OOM. Retrying with 16 GiB.",
    rule: "oom-ladder",
    class: "oom",
    evidence: [{ source: "exit_code", text: "137" }],
    timestamp: AT,
    round: 1,
    attempt: 1,
    free: false,
    ...fields,
  });

export const anEvent = (fields: Partial<Event> = {}): Event =>
  Event.parse({ seq: 0, at: AT, type: "run.created", job: null, attempt: null, data: {}, ...fields });

/** A notice in the outbox, due since it was created. */
export function aNotice(fields: Partial<Notice> = {}): Notice {
  const run_id = fields.run_id ?? "2026-02-27_rnaseq_001";
  const channel = fields.channel ?? "lab";
  return Notice.parse({
    id: `${run_id}~r1~run.completed~-~${channel}~${channel}`,
    run_id,
    round: 1,
    event: "run.completed",
    group: "",
    channel,
    recipient: channel,
    status: "pending",
    facts: { ...FACTS_DEFAULTS, run_id },
    created_at: AT,
    next_at: AT,
    tries: 0,
    possible_repeat: false,
    sent_at: null,
    error: null,
    rev: 0,
    ...fields,
  });
}

const FACTS_DEFAULTS = {
  name: "castle-river-mountain-forest",
  pipeline: "rnaseq",
  status: "completed",
  outcome: "all_succeeded",
  status_line: "✅ 1/1 succeeded",
  output: "gs://bucket/output/2026-02-27_rnaseq_001/",
  executor: "local",
  description: "",
  details: [],
  more: 0,
  retries: null,
  seconds: 60,
  commands: [],
};

export const aSheetPage = (page: number, samples: readonly string[]): SheetPage => ({
  page,
  samples: samples.map((sample) => ({ sample, rows: [{ sample, fastq_1: `${sample}_1.fastq.gz` }] })),
});

/** A request that starts a run with these fields, on the day 2026-02-27; other documents as given. */
export function aStart(
  request: Partial<Omit<StartRequest, "documents">> = {},
  fields: Partial<Run> = {},
  rest: Partial<Omit<ReturnType<StartRequest["documents"]>, "run">> = {},
): StartRequest {
  const pipeline = request.pipeline ?? "rnaseq";
  return {
    day: "2026-02-27",
    pipeline,
    name: null,
    suggestions: ["castle-river-mountain-forest"],
    request: null,
    documents: (run_id, name) => ({
      run: aRun({ run_id, name, pipeline, ...fields }),
      sheet: [],
      events: [],
      notices: [],
      ...rest,
    }),
    ...request,
  };
}

export const aCommit = (run: Run, rest: Partial<Omit<Commit, "run">> = {}): Commit => ({
  run,
  jobs: [],
  events: [],
  notices: [],
  ...rest,
});
