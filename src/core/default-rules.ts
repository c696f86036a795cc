import type { Pipeline, Preset } from "./pipeline.ts";
import { Rule } from "./rule.ts";

/** The table of DESIGN section 5. First match wins; what a rule has no budget left for goes to its `then`. */
const DEFAULT: readonly Rule[] = [
  { name: "waited-too-long", when: { waiting: "quota", for: "24h" }, do: "fail" },
  { name: "no-capacity", when: { waiting: "capacity", for: "24h" }, do: "fail" },
  { name: "unreachable", when: { waiting: "executor_unreachable", for: "24h" }, do: "fail" },
  { name: "unverifiable", when: { waiting: "verification", for: "24h" }, do: "fail" },
  {
    name: "capacity-to-standard",
    when: { waiting: "capacity", for: "2h" },
    do: "retry",
    set: { spot: false },
    times: 1,
    then: "next",
  },
  {
    name: "quota-to-standard",
    when: { waiting: "quota", for: "2h" },
    do: "retry",
    set: { spot: false },
    times: 1,
    then: "next",
  },
  { name: "oom-ladder", when: { class: ["oom"] }, do: "retry", scale: { memory: 2 }, times: 2, then: "skip" },
  {
    name: "preempted",
    when: { class: ["preempted"] },
    do: "retry",
    times: 3,
    within_time: true,
    then: "next",
  },
  {
    name: "preempted-standard",
    when: { class: ["preempted"] },
    do: "retry",
    set: { spot: false },
    times: 3,
    then: "fail",
  },
  {
    name: "infra",
    when: { class: ["infra"] },
    do: "retry",
    times: 3,
    free: 10,
    backoff: "30s",
    then: "fail",
  },
  { name: "timeout", when: { class: ["timeout"] }, do: "retry", scale: { time: 2 }, times: 1, then: "skip" },
  { name: "disk-quota", when: { class: ["disk_full"], log: ["(?i)Disk quota exceeded"] }, do: "abort" },
  {
    name: "disk-ladder",
    when: { class: ["disk_full"], executor: ["gcp_batch"] },
    do: "retry",
    scale: { disk: 2 },
    times: 2,
    then: "skip",
  },
  {
    name: "disk-limit",
    when: { class: ["disk_full"], evidence: ["limit"] },
    do: "retry",
    scale: { disk: 2 },
    times: 2,
    then: "skip",
  },
  { name: "disk-shared", when: { class: ["disk_full"] }, do: "abort" },
  { name: "missing-output", when: { class: ["missing_output"] }, do: "retry", times: 1, then: "fail" },
  { name: "not-executable", when: { class: ["not_executable"] }, do: "fail" },
  { name: "provider-refused", when: { class: ["image", "permission", "config"] }, do: "abort" },
  { name: "io", when: { class: ["io"] }, do: "retry", times: 2, then: "skip" },
  { name: "bad-input", when: { class: ["bad_input"] }, do: "skip" },
  { name: "app", when: { class: ["app"] }, do: "retry", times: 1, then: "skip" },
  { name: "cancelled-elsewhere", when: { class: ["cancelled_elsewhere"] }, do: "fail" },
  { name: "lost", when: { class: ["lost"] }, do: "retry", times: 1, then: "fail" },
];

type Changes = Readonly<Record<string, Partial<Rule>>>;
const changed = (changes: Changes): Rule[] => DEFAULT.map((rule) => ({ ...rule, ...changes[rule.name] }));

/** nf-core's base.config: one retry with more for 104, 130-145 and 175-178; anything else is fatal for the sample. */
const NF_CORE: readonly Rule[] = [
  {
    name: "nf-core-resources",
    when: { exit_code: [104, "130-145", "175-178"], class: ["oom", "timeout", "app", "io"] },
    do: "retry",
    scale: { memory: 2, time: 2 },
    times: 1,
    then: "fail",
  },
  ...changed({ app: { do: "fail", times: undefined, then: undefined } }),
];

const PRESET_RULES: Readonly<Record<Preset, readonly Rule[]>> = {
  default: DEFAULT,
  "nf-core": NF_CORE,
  frugal: changed({
    "oom-ladder": { times: 1 },
    preempted: { times: 1 },
    infra: { times: 1, free: 3 },
    timeout: { do: "skip", scale: undefined, times: undefined, then: undefined },
    io: { times: 1 },
    app: { do: "skip", times: undefined, then: undefined },
  }),
  patient: changed({
    "oom-ladder": { times: 4 },
    preempted: { times: 6 },
    infra: { times: 6, free: 20 },
    timeout: { times: 2 },
    io: { times: 4 },
    app: { times: 2 },
    lost: { times: 2 },
  }),
};

export const presetRules = (preset: Preset): Rule[] => PRESET_RULES[preset].map((rule) => Rule.parse(rule));

/** The whole table of a pipeline: each step's own rules (for that step only), the pipeline's, the preset's. */
export function ruleTable(pipeline: Pipeline): Rule[] {
  const ofSteps = pipeline.steps.flatMap((step) =>
    step.rules.map((rule) => ({ ...rule, when: { ...rule.when, step: [step.id] } })),
  );
  return [...ofSteps, ...pipeline.rules, ...presetRules(pipeline.preset)];
}
