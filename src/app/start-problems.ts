import { pathText, SAMPLE_PATTERN } from "../core/pipeline.ts";
import { pipelineProblems } from "../core/pipeline-problems.ts";
import { equalKeys, jobCount, stepsTooBig } from "../core/plan.ts";
import { regionProblem } from "../core/region.ts";
import { LABEL_PATTERN, NAME_PATTERN } from "../core/run.ts";
import { didYouMean } from "../core/spelling.ts";
import type { ExecutorKind } from "../core/status.ts";
import type { Capacity } from "../ports.ts";
import type { Deps } from "./deps.ts";
import type { StartInput } from "./start.ts";

/** A run document must stay under Firestore's 1 MiB, with what grows in it. The rules in force repeat the steps' own. */
const MOST_RUN_CHARACTERS = 400_000;

type StartProblem = { path: string; message: string };

/** Everything that is wrong with a request, each with its place; nothing is changed to find out. */
export function startProblems(
  deps: Deps,
  input: StartInput,
  executor: ExecutorKind,
  capacity: Capacity | undefined,
): StartProblem[] {
  const problems: StartProblem[] = pipelineProblems(input.pipeline).map(({ path, message }) => ({
    path: pathText(path),
    message,
  }));
  const add = (path: string, message: string) => problems.push({ path, message });
  if (!deps.executors.has(executor)) {
    add(
      "executor",
      `executor ${executor} is not available here; there is ${[...deps.executors.keys()].join(", ") || "none"}`,
    );
  }
  problems.push(...sampleProblems(input), ...parameterProblems(input), ...nameProblems(input));
  for (const { message } of capacity ? stepsTooBig(input.pipeline, capacity.largest) : []) {
    add("resources", `${message} (executor ${executor})`);
  }
  const jobs = jobCount(input.pipeline, input.samples.length);
  if (jobs > deps.caps.jobsPerRun)
    add("samples", `the run would have ${jobs} jobs; the cap is ${deps.caps.jobsPerRun}`);
  const size =
    JSON.stringify(input.pipeline).length + JSON.stringify(input.samples.map(({ sample }) => sample)).length;
  if (size > MOST_RUN_CHARACTERS) {
    add(
      "pipeline",
      `pipeline and sample names take ${size} characters; a run document holds ${MOST_RUN_CHARACTERS}: move long scripts into files`,
    );
  }
  const misplaced = executor === "gcp_batch" && input.region ? regionProblem(input.region) : null;
  if (misplaced) add("region", misplaced);
  for (const channel of input.notify ?? []) {
    if (deps.channels.has(channel) || deps.brokenChannels.has(channel)) continue;
    add(
      "notify",
      `there is no channel ${JSON.stringify(channel)}${didYouMean(channel, [...deps.channels.keys()])}`,
    );
  }
  if (input.output.trim() === "") add("output", "say where the outputs go: a folder, or gs://bucket/folder");
  if (executor === "local" && /^[a-z]+:\/\//.test(input.output)) {
    add(
      "output",
      `the local executor writes to a folder of this machine, not to ${JSON.stringify(input.output)}`,
    );
  }
  return problems;
}

function sampleProblems({ pipeline, samples }: StartInput): StartProblem[] {
  const problems: StartProblem[] = [];
  const add = (message: string) => problems.push({ path: "samples", message });
  const perSample = pipeline.steps.some((step) => step.per === "sample");
  if (perSample && samples.length === 0)
    add("there is no sample; give --samples a,b,c or a sample sheet with at least one row");
  for (const { sample } of samples) {
    if (!SAMPLE_PATTERN.test(sample))
      add(`${JSON.stringify(sample)} is not a sample name: letters, digits, . _ and -, at most 63, no path`);
  }
  for (const [first, second] of equalKeys(samples.map(({ sample }) => sample))) {
    add(
      first === second
        ? `sample ${first} is given twice`
        : `samples ${first} and ${second} differ only in case`,
    );
  }
  return problems;
}

function parameterProblems({ pipeline, params = {}, reference }: StartInput): StartProblem[] {
  const declared = Object.keys(pipeline.params);
  const problems = Object.keys(params)
    .filter((name) => !declared.includes(name))
    .map((name) => ({
      path: `params.${name}`,
      message: `pipeline ${pipeline.pipeline} has no parameter ${name}${didYouMean(name, declared)}`,
    }));
  if (
    reference &&
    Object.keys(pipeline.references).length > 0 &&
    !(reference in pipeline.references) &&
    !reference.includes("/")
  ) {
    const known = Object.keys(pipeline.references);
    problems.push({
      path: "reference",
      message: `reference ${reference} is neither a path nor one of ${known.join(", ")}`,
    });
  }
  return problems;
}

function nameProblems({ name, labels = {} }: StartInput): StartProblem[] {
  const problems: StartProblem[] = [];
  if (name && (!NAME_PATTERN.test(name) || name.length > 63)) {
    problems.push({
      path: "name",
      message: `${JSON.stringify(name)} is not a name: lower case letters and digits, in parts joined by -`,
    });
  }
  for (const [key, value] of Object.entries(labels)) {
    if (LABEL_PATTERN.test(key) && value.length <= 200) continue;
    problems.push({
      path: `labels.${key}`,
      message: "a label's name is lower case letters, digits, _ and -; its value has at most 200 characters",
    });
  }
  return problems;
}
