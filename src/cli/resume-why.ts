import type { Config } from "../config.ts";
import { type Job, lastAttempt } from "../core/job.ts";
import { stepOf } from "../core/pipeline.ts";
import { fingerprintParts, type Input, type Slot } from "../core/plan.ts";
import type { Run } from "../core/run.ts";
import { verifyOutputs } from "../core/verify.ts";
import type { Files, RunStore } from "../ports.ts";
import type { App } from "../wire.ts";
import { type Context, printJson, printLines } from "./context.ts";
import { EXIT } from "./failure.ts";
import { renderTable } from "./render/table.ts";
import type { ResumeChange } from "./resume-change.ts";
import { planAll, withScratch } from "./scratch.ts";

interface Verdict {
  readonly job: string;
  readonly reused: boolean;
  readonly why: string;
}

/** Plans the resumed run in a temporary store, the real way, and tells for each job whether it would be taken over. */
export async function resumeWhy(
  context: Context,
  config: Config,
  real: App,
  runId: string,
  changeFor: (run: Run) => Promise<ResumeChange>,
): Promise<number> {
  const { resume } = await import("../app/change.ts");
  const before = (await real.deps.store.readRun(runId))!;
  const change = await changeFor(before);
  const verdicts = await withScratch(context, config, async (scratch) => {
    const store = overlaid(scratch.deps.store, real.deps.store, runId);
    const app = { ...scratch, deps: { ...scratch.deps, store } };
    const { run: started } = await resume(app.deps, runId, { ...change, name: null });
    const planned = await planAll(app, started);
    const old = new Map((await real.deps.store.load(runId, 0, "whole"))!.jobs.map((job) => [job.key, job]));
    const given = [...planned.jobs.values()].map((job) => verdictOn({ before, old, ...planned }, job));
    return withFaults(scratch.deps.files, { before, old }, given);
  });
  if (context.json) printJson(context, { run_id: runId, jobs: verdicts });
  else printLines(context, table(context, verdicts));
  return EXIT.done;
}

/** The earlier run is read from the real store; all else is the temporary one's, where even its id may be given again. */
const overlaid = (scratch: RunStore, real: RunStore, runId: string): RunStore => ({
  ...scratch,
  readRun: (id) => (id === runId ? real.readRun(id) : scratch.readRun(id)),
  // Of the new run it is the same sheet.
  readSheet: (_id, page) => real.readSheet(runId, page),
  readJobs: (id, keys) => (id === runId ? real.readJobs(id, keys) : scratch.readJobs(id, keys)),
});

interface Comparison {
  readonly before: Run;
  readonly old: ReadonlyMap<string, Job>;
  readonly run: Run;
  readonly jobs: ReadonlyMap<string, Job>;
}

function verdictOn(comparison: Comparison, job: Job): Verdict {
  const said = (why: string): Verdict => ({ job: job.key, reused: job.reused_from !== null, why });
  if (job.reused_from) return said("nothing differs, and its outputs are there");
  const earlier = comparison.old.get(job.key);
  if (!earlier) return said("the earlier run had no such job");
  const differs = differences(comparison, job, earlier);
  if (differs.length > 0) return said(differs.join("; "));
  if (earlier.status !== "succeeded") return said(`it did not succeed: ${earlier.status}`);
  const gathered = upstreamKeys(comparison, job).filter((key) => !comparison.jobs.get(key)?.reused_from);
  if (job.sample === null && gathered.length > 0)
    return said(`what it gathers is made again: ${few(gathered)}`);
  return said(LOST);
}

const LOST = "its outputs are not there any more, or are others";

/** Names the outputs that are lost, in the words of the verification. Of a job that was itself taken over no attempt can say it. */
async function withFaults(
  files: Pick<Files, "verify">,
  { before, old }: Pick<Comparison, "before" | "old">,
  verdicts: readonly Verdict[],
): Promise<Verdict[]> {
  const lost = new Set(verdicts.filter(({ why }) => why === LOST).map(({ job }) => job));
  const ended = [...lost].flatMap((key) => {
    const job = old.get(key)!;
    const last = lastAttempt(job);
    return last ? [{ job, last }] : [];
  });
  if (ended.length === 0) return [...verdicts];
  const found = await files.verify(
    before.config.output,
    ended.map(({ job, last }) => ({ job: job.key, attempt: last.attempt, id: last.id, metrics: [] })),
  );
  const faults = new Map(
    ended.map(({ job, last }) => {
      const step = stepOf(before.pipeline_spec, job.step);
      const there = found.get(last.id) ?? { manifest: null, sizes: {}, metrics: {} };
      return [job.key, verifyOutputs(step, job, last.id, there).missing.join("; ")];
    }),
  );
  return verdicts.map((verdict) => {
    const fault = faults.get(verdict.job);
    return fault ? { ...verdict, why: `${LOST}: ${fault}` } : verdict;
  });
}

function differences({ before, run, old, jobs }: Comparison, job: Job, earlier: Job): string[] {
  if (job.fingerprint === earlier.fingerprint) return [];
  const parts = changedParts(before, run, job);
  if (parts.length > 0) return parts;
  const changedUpstream = upstreamKeys({ before, run, old, jobs }, job).filter(
    (key) => jobs.get(key)?.fingerprint !== old.get(key)?.fingerprint,
  );
  return changedUpstream.length > 0
    ? [`what it needs has changed: ${few(changedUpstream)}`]
    : ["its input files have changed"];
}

/** The parts of the definition that differ; inputs and what is upstream are the same in both comparisons. */
function changedParts(before: Run, run: Run, job: Job): string[] {
  const given: { inputs: Record<string, Input>; upstream: string[] } = { inputs: {}, upstream: [] };
  const slotIn = (of: Run): Slot | null =>
    of.steps.includes(job.step) ? { step: stepOf(of.pipeline_spec, job.step), sample: job.sample } : null;
  const [then, now] = [slotIn(before), slotIn(run)];
  if (!then || !now) return ["the earlier pipeline had no such step"];
  const was = fingerprintParts(before, then, given);
  const is = fingerprintParts(run, now, given);
  return Object.keys(is)
    .filter((part) => JSON.stringify(was[part]) !== JSON.stringify(is[part]))
    .map((part) => sayPart(part, was[part], is[part]));
}

function sayPart(part: string, was: unknown, is: unknown): string {
  const noun = part === "outputs" || part === "params" ? "have" : "has";
  const particulars =
    part === "script" || part === "outputs" ? "" : `: ${JSON.stringify(was)} -> ${JSON.stringify(is)}`;
  return `its ${part} ${noun} changed${particulars}`;
}

function upstreamKeys({ run, jobs }: Comparison, job: Job): string[] {
  const { needs } = stepOf(run.pipeline_spec, job.step);
  return [...jobs.values()]
    .filter((other) => needs.includes(other.step))
    .filter((other) => other.sample === null || job.sample === null || other.sample === job.sample)
    .map((other) => other.key);
}

const few = (words: readonly string[]): string =>
  words.length <= 3 ? words.join(", ") : `${words.slice(0, 3).join(", ")} and ${words.length - 3} more`;

function table(context: Context, verdicts: readonly Verdict[]): string[] {
  const reused = verdicts.filter((verdict) => verdict.reused).length;
  return [
    ...renderTable(
      [{ title: "JOB", shrink: true }, { title: "TAKEN OVER" }, { title: "WHY", shrink: true }],
      verdicts.map(({ job, reused: taken, why }) => [
        job,
        { text: taken ? "yes" : "no", style: taken ? "green" : "yellow" },
        why,
      ]),
      context,
    ),
    "",
    `${reused} of ${verdicts.length} jobs would be taken over. Nothing was created.`,
  ];
}
