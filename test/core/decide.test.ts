import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Decision, Evidence } from "../../src/core/job.ts";
import type { Observation } from "../../src/core/observation.ts";
import { PRESETS } from "../../src/core/pipeline.ts";
import { secondsOf } from "../../src/core/quantity.ts";
import type { Rule } from "../../src/core/rule.ts";
import { EXECUTOR_KINDS, FAILURE_CLASSES, isFinalJob } from "../../src/core/status.ts";
import { reopenRun } from "../../src/core/stop.ts";
import { pipelineOf, Scene } from "./scene.ts";

type Seen = Omit<Observation, "attempt">;
const RESOURCES = { memory: "8GiB", time: "1h", disk: "10GiB", spot: true };
const SAMPLES = ["sample02", "b", "c", "d"];
const KEY = "a-sample02";

const sceneOf = (rest: Parameters<typeof pipelineOf>[1] = {}, resources: object = RESOURCES): Scene =>
  new Scene(pipelineOf([{ id: "a", resources }], rest), SAMPLES);

const ev = (source: Evidence["source"], text: string): Evidence[] => [{ source, text }];

/** Fails the same way until the job is over; every decision on the way. */
function story(scene: Scene, seen: Seen | ((attempt: number) => Seen)): Decision[] {
  scene.advance();
  for (let round = 0; round < 60 && !isFinalJob(scene.job(KEY).status); round++) {
    const at = scene.attempt(KEY).attempt;
    const observation = typeof seen === "function" ? seen(at) : seen;
    scene.advance([scene.of(KEY, { started_at: scene.now, ended_at: scene.now, ...observation })]);
    scene.wait(3601);
    scene.advance();
  }
  assert.ok(isFinalJob(scene.job(KEY).status), "the job goes on and on");
  return scene.job(KEY).decisions;
}

/** Each class as it is met, and each decision about it: the rule that made it, and what it says. */
const TABLE: readonly (readonly [string, Seen, readonly (readonly [string, string])[]])[] = [
  [
    "oom",
    { status: "failed", exit_code: 137 },
    [
      [
        "retry",
        "Exit code 137 indicates OOM. 8 GiB was not enough. Retrying sample02 with 16 GiB of memory (retry 1 of 2).",
      ],
      [
        "retry",
        "Exit code 137 indicates OOM. 8 GiB and 16 GiB were not enough. Retrying sample02 with 32 GiB of memory (retry 2 of 2).",
      ],
      [
        "skip",
        "Exit code 137 indicates OOM. 8 GiB, 16 GiB and 32 GiB were not enough; the rule allows 2 retries. Skipping sample02.",
      ],
    ],
  ],
  [
    "timeout",
    { status: "failed", exit_code: 124, verdict: "timeout", evidence: ev("limit", "its limit of 1h passed") },
    [
      [
        "retry",
        "It ran out of time: its limit of 1h passed. 1h was not enough. Retrying sample02 with 2h of time (retry 1 of 1).",
      ],
      [
        "skip",
        "It ran out of time: its limit of 1h passed. 1h and 2h were not enough; the rule allows 1 retry. Skipping sample02.",
      ],
    ],
  ],
  [
    "disk_full on its own disk",
    { status: "failed", exit_code: 1, verdict: "disk_full", evidence: ev("limit", "it used 10 GiB") },
    [
      [
        "retry",
        "The disk is full: it used 10 GiB. 10 GiB was not enough. Retrying sample02 with 20 GiB of disk (retry 1 of 2).",
      ],
      [
        "retry",
        "The disk is full: it used 10 GiB. 10 GiB and 20 GiB were not enough. Retrying sample02 with 40 GiB of disk (retry 2 of 2).",
      ],
      [
        "skip",
        "The disk is full: it used 10 GiB. 10 GiB, 20 GiB and 40 GiB were not enough; the rule allows 2 retries. Skipping sample02.",
      ],
    ],
  ],
  [
    "missing_output",
    { status: "succeeded", exit_code: 0, verification: { manifest: null, sizes: {}, metrics: {} } },
    [
      [
        "retry",
        "Exit code 0, but the attempt left no manifest of what it published. Retrying sample02 unchanged (retry 1 of 1).",
      ],
      [
        "fail",
        "Exit code 0, but the attempt left no manifest of what it published. It happened in 2 attempts; the rule allows 1 retry. Failing sample02.",
      ],
    ],
  ],
  [
    "not_executable",
    { status: "failed", exit_code: 127, log_tail: "line 1: fastqcc: command not found" },
    [
      [
        "fail",
        "Exit code 127: fastqcc was not found; step a needs it on its PATH, or in its image. Failing sample02.",
      ],
    ],
  ],
  [
    "io",
    { status: "failed", exit_code: 1, log_tail: "cat: x: Input/output error" },
    [
      [
        "retry",
        'A file system failed: "cat: x: Input/output error". Retrying sample02 unchanged (retry 1 of 2).',
      ],
      [
        "retry",
        'A file system failed: "cat: x: Input/output error". It happened in 2 attempts. Retrying sample02 unchanged (retry 2 of 2).',
      ],
      [
        "skip",
        'A file system failed: "cat: x: Input/output error". It happened in 3 attempts; the rule allows 2 retries. Skipping sample02.',
      ],
    ],
  ],
  [
    "bad_input",
    { status: "failed", exit_code: 65, verdict: "bad_input" },
    [["skip", "Exit code 65 is what step a declares for bad input. Skipping sample02."]],
  ],
  [
    "app",
    { status: "failed", exit_code: 1 },
    [
      ["retry", "Exit code 1. Retrying sample02 unchanged (retry 1 of 1)."],
      ["skip", "Exit code 1. It happened in 2 attempts; the rule allows 1 retry. Skipping sample02."],
    ],
  ],
  [
    "cancelled_elsewhere",
    { status: "cancelled" },
    [["fail", "Somebody else cancelled it. Failing sample02."]],
  ],
  [
    "lost, and certainly over",
    { status: "lost", certain: true },
    [
      [
        "retry",
        "It vanished: nothing was heard of it for too long. Retrying sample02 unchanged (retry 1 of 1).",
      ],
      [
        "fail",
        "It vanished: nothing was heard of it for too long. It happened in 2 attempts; the rule allows 1 retry. Failing sample02.",
      ],
    ],
  ],
  [
    "lost, and perhaps still running",
    { status: "lost", certain: false },
    [
      [
        "fail",
        "It vanished: nothing was heard of it for too long. It is not certain that the last attempt no longer runs. Failing sample02.",
      ],
    ],
  ],
];
for (const [name, seen, wanted] of TABLE) {
  test(`${name}: ${wanted.map(([action]) => action).join(", ")}`, () => {
    const decisions = story(sceneOf(), seen);
    assert.deepEqual(
      decisions.map(({ action, reasoning }) => [action, reasoning]),
      wanted,
    );
  });
}

test("in a second round, what a rule allows is not held against the attempts of the first", () => {
  const scene = sceneOf();
  story(scene, { status: "failed", exit_code: 1 });
  for (const sample of SAMPLES.slice(1)) scene.advance([scene.ok(`a-${sample}`)]);
  const again = reopenRun(scene.run, scene.jobs, {}, null, scene.now)!;
  scene.run = again.run;
  for (const job of again.jobs) scene.jobs.set(job.key, { ...job, whole: true });
  assert.deepEqual(
    story(scene, { status: "failed", exit_code: 1 }).map(({ reasoning }) => reasoning),
    [
      "Exit code 1. Retrying sample02 unchanged (retry 1 of 1).",
      "Exit code 1. It happened in 2 attempts; the rule allows 1 retry. Skipping sample02.",
      "Exit code 1. It happened in 3 attempts, 1 of them in this round. Retrying sample02 unchanged (retry 1 of 1).",
      "Exit code 1. It happened in 4 attempts, 2 of them in this round; the rule allows 1 retry. Skipping sample02.",
    ],
  );
});

const ABORTS: readonly (readonly [string, Seen, string])[] = [
  [
    "image",
    { status: "failed", ran: false, evidence: ev("event", "manifest unknown: quay.io/x:1") },
    "The container image could not be used: manifest unknown: quay.io/x:1.",
  ],
  [
    "permission",
    { status: "failed", ran: false, evidence: ev("event", "PERMISSION_DENIED: x lacks batch.jobs.create") },
    "Permission was refused: PERMISSION_DENIED: x lacks batch.jobs.create.",
  ],
  [
    "config",
    { status: "failed", ran: false, verdict: "config", evidence: ev("event", "INVALID_ARGUMENT: no zone.") },
    "The job's settings were refused: INVALID_ARGUMENT: no zone.",
  ],
  [
    "a full shared disk",
    { status: "failed", exit_code: 1, log_tail: "cp: No space left on device" },
    'The disk is full: "cp: No space left on device".',
  ],
];
for (const [name, seen, words] of ABORTS) {
  test(`${name}: the run is aborted with the words that were found`, () => {
    const scene = sceneOf();
    const [only, ...rest] = story(scene, seen);
    assert.deepEqual([only!.action, rest.length], ["abort", 0]);
    assert.equal(
      only!.reasoning,
      `${words} Aborting the run at sample02: every other job would meet the same.`,
    );
    assert.equal(scene.run.stopping?.action, "abort");
  });
}

test("preempted: 3 times unchanged, then on a standard machine, and never with more memory", () => {
  const decisions = story(sceneOf(), { status: "failed", exit_code: 50001 });
  assert.deepEqual(
    decisions.map(({ rule }) => rule),
    [...Array(3).fill("preempted"), ...Array(4).fill("preempted-standard")],
  );
  assert.equal(
    decisions[3]!.reasoning,
    "The machine was preempted (exit code 50001). It happened in 4 attempts. Retrying sample02 on a standard machine (retry 1 of 3).",
  );
  assert.equal(decisions.at(-1)!.action, "fail");
});

test("preempted: when the time lost exceeds the step's own, it moves to a standard machine at once", () => {
  const scene = sceneOf();
  scene.advance();
  const started_at = scene.now;
  scene.wait(3700);
  scene.advance([scene.of(KEY, { status: "failed", exit_code: 50001, started_at, ended_at: scene.now })]);
  assert.equal(scene.job(KEY).decision?.rule, "preempted-standard");
  assert.deepEqual(scene.job(KEY).resources, { ...RESOURCES, cpu: 1, spot: false });
});

test("infra: three retries, each after a pause, then fail", () => {
  const decisions = story(sceneOf(), { status: "failed", exit_code: 50000 });
  assert.deepEqual(
    decisions.map(({ action }) => action),
    ["retry", "retry", "retry", "fail"],
  );
  assert.match(
    decisions[0]!.reasoning,
    /^The infrastructure failed, not the script \(exit code 50000\)\. Retrying sample02 unchanged in \d\d s \(retry 1 of 3\)\.$/,
  );
});

test("infra: what never ran is free ten times, and is bounded nevertheless", () => {
  const decisions = story(sceneOf(), {
    status: "failed",
    ran: false,
    evidence: ev("event", "no agent came up"),
  });
  assert.deepEqual(
    decisions.map(({ action, free }) => `${action}${free ? " free" : ""}`),
    [...Array(10).fill("retry free"), "retry", "retry", "retry", "fail"],
  );
  assert.match(decisions[0]!.reasoning, /\(free: it never ran\)\.$/);
});

test("a pause lies between three and five quarters of its step, and never over an hour", () =>
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 19 }), fc.constantFrom("s1", "s2", "x-9"), (retries, sample) => {
      const rule = { name: "r", when: {}, do: "retry" as const, times: 20, backoff: "30s" };
      const scene = new Scene(pipelineOf([{ id: "a" }], { rules: [rule] }), [sample]);
      let pause = 0;
      for (let at = 0; at < retries; at++) {
        scene.advance();
        scene.advance([scene.of(`a-${sample}`, { status: "failed", exit_code: 139 })]);
        pause = (Date.parse(scene.job(`a-${sample}`).not_before!) - Date.parse(scene.now)) / 1000;
        scene.wait(3601);
      }
      const step = Math.min(30 * 2 ** (retries - 1), 2880);
      assert.ok(pause >= 0.749 * step && pause <= 1.251 * step && pause <= 3600, `${pause} of ${step}`);
    }),
    { numRuns: 60 },
  ));

test("the same history pauses for the same time", () => {
  const once = () => story(sceneOf(), { status: "failed", exit_code: 50000 });
  assert.deepEqual(once(), once());
});

const rule = (fields: Partial<Rule>): Rule => ({ name: "mine", when: {}, do: "retry", ...fields });

test("the user's rule decides before the default; a step's before the pipeline's", () => {
  const rules = [rule({ name: "pipelines", when: { exit_code: [1] }, do: "fail" })];
  assert.equal(story(sceneOf({ rules }), { status: "failed", exit_code: 1 })[0]!.rule, "pipelines");
  const own = [rule({ name: "steps", when: { exit_code: ["1-3"] }, do: "skip" })];
  const scene = new Scene(pipelineOf([{ id: "a", rules: own }, { id: "b" }], { rules }), ["sample02", "x"]);
  assert.equal(story(scene, { status: "failed", exit_code: 1 })[0]!.rule, "steps");
  scene.advance([scene.of("b-x", { status: "failed", exit_code: 1 })]);
  assert.equal(scene.job("b-x").decision?.rule, "pipelines", "a step's rule is its own only");
});

test("then: next hands over to the following rule, with its own budget", () => {
  const rules = [rule({ when: { class: ["app"] }, times: 2, then: "next" })];
  const decisions = story(sceneOf({ rules }), { status: "failed", exit_code: 1 });
  assert.deepEqual(
    decisions.map(({ rule: name, action }) => `${name} ${action}`),
    ["mine retry", "mine retry", "app retry", "app skip"],
  );
});

for (const then of ["skip", "fail", "abort"] as const) {
  test(`then: ${then} ends the job in that way`, () => {
    const rules = [rule({ when: { class: ["app"] }, times: 1, then })];
    const decisions = story(sceneOf({ rules }), { status: "failed", exit_code: 1 });
    assert.deepEqual(
      decisions.map(({ action }) => action),
      ["retry", then],
    );
  });
}

test("a rule with a pattern holds only where the log matched it", () => {
  const rules = [rule({ when: { log: ["corrupt"] }, do: "skip" })];
  const with_ = story(sceneOf({ rules }), { status: "failed", exit_code: 1, matches: ["corrupt"] });
  const without = story(sceneOf({ rules }), { status: "failed", exit_code: 1, matches: [] });
  assert.deepEqual([with_[0]!.rule, without[0]!.rule], ["mine", "app"]);
});

test("machine and zones that a rule sets are named in its sentence", () => {
  const rules = [
    rule({
      when: { class: ["app"] },
      times: 1,
      set: { machine: "n2-highmem-8", zones: ["us-a", "us-b"], spot: false },
    }),
  ];
  const [first] = story(sceneOf({ rules }), { status: "failed", exit_code: 1 });
  assert.equal(
    first!.reasoning,
    "Exit code 1. Retrying sample02 on a machine n2-highmem-8 on a standard machine in us-a and us-b (retry 1 of 1).",
  );
});

test("the cap clamps the last rung, and no gain means skip now", () => {
  const scene = sceneOf();
  scene.capacity = new Map([["local", { largest: { memory: 12 * 2 ** 30 }, free: null }]]);
  const decisions = story(scene, { status: "failed", exit_code: 137 });
  assert.deepEqual(
    decisions.map(({ reasoning }) => reasoning.slice("Exit code 137 indicates OOM. ".length)),
    [
      "8 GiB was not enough. Retrying sample02 with 12 GiB of memory (retry 1 of 2).",
      "8 GiB and 12 GiB were not enough; 12GiB is already the most memory that may be asked for. Skipping sample02.",
    ],
  );
});

test("the cap of attempts holds, whatever the rules say", () => {
  const scene = sceneOf({ rules: [rule({ times: 20 })] });
  scene.mostAttempts = 3;
  const decisions = story(scene, { status: "failed", exit_code: 139 });
  assert.equal(
    decisions.at(-1)!.reasoning,
    "Exit code 139. It happened in 3 attempts; 3 attempts are the cap of one job. Skipping sample02.",
  );
});

test("the rung stays for later attempts of any class, and preemption does not spend the ladder", () => {
  const ends: Seen[] = [137, 50001, 137, 50001, 137].map((exit_code) => ({ status: "failed", exit_code }));
  const scene = sceneOf();
  const decisions = story(scene, (attempt) => ends[attempt - 1]!);
  assert.deepEqual(
    decisions.map(({ class: failure, action }) => `${failure} ${action}`),
    ["oom retry", "preempted retry", "oom retry", "preempted retry", "oom skip"],
  );
  assert.deepEqual(
    scene.job(KEY).attempts.map(({ resources }) => resources.memory),
    ["8GiB", "16GiB", "16GiB", "32GiB", "32GiB"],
  );
  assert.deepEqual(scene.job(KEY).retries, { oom: 2, preempted: 2 });
});

test("one exit code on three samples of a step is not retried there any more; on another step it is", () => {
  const scene = new Scene(pipelineOf([{ id: "a" }, { id: "b" }]), ["s1", "s2", "s3", "s4", "s5", "s6", "s7"]);
  scene.advance();
  const fail = (key: string) => scene.advance([scene.of(key, { status: "failed", exit_code: 2 })]);
  for (const key of ["a-s1", "a-s2", "a-s3", "b-s1"]) fail(key);
  assert.deepEqual(
    ["a-s1", "a-s2", "a-s3", "b-s1"].map((key) => scene.job(key).decision?.action),
    ["retry", "retry", "skip", "retry"],
  );
  assert.equal(
    scene.job("a-s3").decision?.reasoning,
    "Exit code 2. 3 samples of step a failed in this way, so a retry is not worth it. Skipping s3.",
  );
});

test("no rule at all: the job fails", () => {
  const scene = sceneOf();
  scene.run = { ...scene.run, rules: [] };
  assert.equal(
    story(scene, { status: "failed", exit_code: 1 })[0]!.reasoning,
    "Exit code 1. No rule covers this. Failing sample02.",
  );
});

const PRESET_TABLE: readonly (readonly [(typeof PRESETS)[number], number, readonly string[]])[] = [
  ["default", 137, ["retry", "retry", "skip"]],
  ["default", 1, ["retry", "skip"]],
  ["frugal", 137, ["retry", "skip"]],
  ["frugal", 1, ["skip"]],
  ["frugal", 124, ["skip"]],
  ["patient", 137, ["retry", "retry", "retry", "retry", "skip"]],
  ["patient", 1, ["retry", "retry", "skip"]],
  ["nf-core", 137, ["retry", "fail"]],
  ["nf-core", 104, ["retry", "fail"]],
  ["nf-core", 1, ["fail"]],
];
for (const [preset, exit_code, wanted] of PRESET_TABLE) {
  test(`preset ${preset}: exit ${exit_code} is ${wanted.join(", ")}`, () => {
    const decisions = story(sceneOf({ preset }), { status: "failed", exit_code });
    assert.deepEqual(
      decisions.map(({ action }) => action),
      wanted,
    );
  });
}

test("every class, on every executor, under every preset, ran or not, ends after a bounded number of attempts", () => {
  const sources = ["exit_code", "limit", "log", "event"] as const;
  for (const preset of PRESETS) {
    for (const executor of EXECUTOR_KINDS) {
      for (const failure of FAILURE_CLASSES) {
        for (const [at, source] of sources.entries()) {
          const scene = new Scene(pipelineOf([{ id: "a", resources: RESOURCES }], { preset }), SAMPLES, {
            executor,
          });
          scene.capacity = new Map([[executor, { largest: { memory: 2 ** 36 }, free: null }]]);
          const decisions = story(scene, {
            status: "failed",
            verdict: failure,
            ran: at % 2 === 0,
            evidence: ev(source, "seen"),
          });
          const last = decisions.at(-1)!;
          assert.ok(["skip", "fail", "abort"].includes(last.action), `${preset} ${executor} ${failure}`);
          assert.ok(decisions.length <= 27, `${preset} ${failure}: ${decisions.length} attempts`);
          for (const { reasoning } of decisions) {
            assert.match(reasoning, /^[A-Z].*[.]$/);
            assert.doesNotMatch(reasoning, / {2}|undefined|null|NaN|\.\.|\(\)|: \./);
          }
        }
      }
    }
  }
});

test("no random mixture of failures escapes its bounds: attempts, memory, time", () =>
  fc.assert(
    fc.property(
      fc.constantFrom(...PRESETS),
      fc.array(fc.tuple(fc.constantFrom(...FAILURE_CLASSES), fc.boolean()), { minLength: 60, maxLength: 60 }),
      (preset, ends) => {
        const scene = new Scene(pipelineOf([{ id: "a", resources: RESOURCES }], { preset }), SAMPLES);
        const decisions = story(scene, (attempt) => {
          const [verdict, ran] = ends[attempt - 1]!;
          return { status: "failed", verdict, ran };
        });
        const ooms = decisions.filter(({ class: failure }) => failure === "oom").length;
        const memory = Number.parseInt(scene.job(KEY).resources.memory, 10);
        const grows = preset === "nf-core" ? 2 : 1;
        if (grows === 1) assert.ok(memory <= 8 * 2 ** ooms, `${memory} GiB after ${ooms} OOMs`);
        assert.ok(secondsOf(scene.job(KEY).resources.time!) <= 4 * 3600);
      },
    ),
    { numRuns: 200 },
  ));
