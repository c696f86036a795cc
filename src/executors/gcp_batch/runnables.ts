import { mebibytesOf, secondsOf } from "../../core/quantity.ts";
import type { Submission } from "../../ports.ts";
import type { JobRequest } from "./batch-client.ts";
import { VM_FOLDER } from "./batch-settings.ts";
import { type BucketPath, type Mounts, parseAddress } from "./bucket-mounts.ts";
import { fileVariables } from "./file-variables.ts";
import type { DefinitionOptions } from "./job-definition.ts";
import { mirroredImage } from "./mirrored-image.ts";
import { wrapperScripts } from "./wrapper-scripts.ts";

type Runnable = NonNullable<
  NonNullable<NonNullable<NonNullable<JobRequest["taskGroups"]>[number]["taskSpec"]>["runnables"]>[number]
>;

/** The four runnables of an attempt, or why there can be none. */
export type Runnables =
  | {
      readonly kind: "runnables";
      readonly list: Runnable[];
      /** The environment of all of them. */
      readonly shared: Record<string, string>;
    }
  | { readonly kind: "refused"; readonly text: string };

/** The variable of a job's definition that says where its attempt's records are, without their ending. */
export const RECORD_VARIABLE = "BIOAGENT_RECORD";
const TOKEN_URL =
  "http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/token";
/** A step without `time` ends after a day: one that hangs must not cost a fortnight. */
export const DEFAULT_TIME = 24 * 3600;
const STORAGE = "https://storage.googleapis.com";
/** `Files.read` takes 16 MiB. */
const LOG_CAP = 8 * 2 ** 20;

/** Prepare, the step, publish, report; the buckets that they need are asked for from `mounts`. */
export function runnablesOf(options: DefinitionOptions, submission: Submission, mounts: Mounts): Runnables {
  const places = placesOf(submission);
  if (typeof places === "string") return { kind: "refused", text: places };
  const unset = Object.entries(submission.environment).find(([, value]) => value.includes("\0"));
  if (unset) return { kind: "refused", text: `the value of ${unset[0]} contains a NUL character` };
  const home = `${options.vmFolder ?? VM_FOLDER}/${submission.attempt.id}`;
  const scripts = wrapperScripts();
  const files = Object.entries(submission.files).map(([name, text]) => [name, mounts.rewrite(text)] as const);
  const brought = fileVariables([["script", submission.script], ["step.sh", scripts.step], ...files]);
  return {
    kind: "runnables",
    list: [
      { ...host("bioagent-prepare", scripts.prepare), environment: { variables: brought } },
      stepRunnable(options, submission, { home, places, mounts }),
      {
        ...host("bioagent-publish", scripts.publish),
        environment: { variables: patternVariables(submission) },
      },
      { ...host("bioagent-report", scripts.report), alwaysRun: true, ignoreExitStatus: true },
    ],
    shared: sharedVariables(options, submission, home),
  };
}

const host = (displayName: string, text: string): Runnable => ({ displayName, script: { text } });

interface Places {
  readonly input: BucketPath | null;
  readonly output: BucketPath;
}

/** Input and output as places in buckets, or why they are none. */
function placesOf({ input, output }: Submission): Places | string {
  const out = parseAddress(output);
  if (!out?.path.endsWith("/"))
    return `jobs on Google Cloud publish to a bucket, and the output is ${output}: give gs://BUCKET/FOLDER/`;
  const from = input === null ? null : parseAddress(input);
  if (input !== null && from === null)
    return `jobs on Google Cloud read from a bucket, and the input is ${input}: give gs://BUCKET/FOLDER/`;
  return { input: from, output: out };
}

interface StepPlace {
  readonly home: string;
  readonly places: Places;
  readonly mounts: Mounts;
}

function stepRunnable(options: DefinitionOptions, submission: Submission, place: StepPlace): Runnable {
  const { time } = submission.attempt.resources;
  const memory = mebibytesOf(submission.attempt.resources.memory);
  const variables = scriptEnvironment(submission, place);
  const own = {
    displayName: submission.step,
    // The runnable's own limit, so that publishing is not cut and the report still runs: 50005, as the task's.
    timeout: { seconds: time === undefined ? DEFAULT_TIME : Math.ceil(secondsOf(time)) },
  };
  const image = submission.image && mirroredImage(submission.image, options.imageMirror);
  if (!image) {
    const onHost = { ...variables, BIOAGENT_ON_HOST: "1" };
    return { ...own, script: { text: wrapperScripts().step }, environment: { variables: onHost } };
  }
  const readOnly = place.mounts.buckets().map((bucket) => place.mounts.folderOf(bucket));
  return {
    ...own,
    container: {
      imageUri: image,
      entrypoint: "/bin/sh",
      commands: [`${place.home}/step.sh`],
      // Batch mounts buckets read-write into containers unless told otherwise, whatever the volume's own options.
      volumes: [`${place.home}:${place.home}:rw`, ...readOnly.map((path) => `${path}:${path}:ro`)],
      options: `--memory=${memory}m --memory-swap=${memory}m`,
    },
    environment: { variables },
  };
}

/** What the script sees, and what the wrapper around it needs. */
function scriptEnvironment(
  submission: Submission,
  { home, places, mounts }: StepPlace,
): Record<string, string> {
  const given = Object.entries(submission.environment).map(([name, value]) => [
    name,
    // A parameter stays as it was given: it may be for a tool that reads gs:// itself.
    name.startsWith("PARAM_") ? value : mounts.rewrite(value),
  ]);
  return {
    ...Object.fromEntries(given),
    ...Object.fromEntries(Object.keys(submission.files).map((name) => [name, `${home}/${name}`])),
    ...(places.input ? { INPUT_DIR: withoutSlash(mounts.path(places.input)) } : {}),
    RESULTS_DIR: withoutSlash(mounts.path(places.output)),
    WORK_DIR: `${home}/work`,
    OUTPUT_DIR: `${home}/out`,
    TMPDIR: `${home}/tmp`,
    BIOAGENT_SHELL: submission.shell.join(" "),
    BIOAGENT_LIMIT: String(mebibytesOf(submission.attempt.resources.memory) * 2 ** 20),
  };
}

const withoutSlash = (path: string): string => path.replace(/\/+$/, "");

function patternVariables({ outputs, metrics }: Submission): Record<string, string> {
  const patterns = [...outputs.map(({ path }) => path), ...metrics];
  return {
    BIOAGENT_PATTERNS: String(patterns.length),
    ...Object.fromEntries(patterns.map((pattern, at) => [`BIOAGENT_PATTERN_${at}`, pattern])),
  };
}

function sharedVariables(
  { storageEmulator }: DefinitionOptions,
  { attempt, job, output }: Submission,
  home: string,
): Record<string, string> {
  return {
    BIOAGENT_HOME: home,
    BIOAGENT_ATTEMPT: attempt.id,
    BIOAGENT_OUTPUT: output,
    [RECORD_VARIABLE]: `${output}.bioagent/${job}/a${attempt.attempt}`,
    BIOAGENT_STORAGE: storageEmulator === null ? STORAGE : emulatorAddress(storageEmulator),
    BIOAGENT_TOKEN_URL: storageEmulator === null ? TOKEN_URL : "",
    BIOAGENT_LOG_CAP: String(LOG_CAP),
  };
}

/** `STORAGE_EMULATOR_HOST` is given with or without a scheme. */
const emulatorAddress = (address: string): string =>
  withoutSlash(/^https?:\/\//.test(address) ? address : `http://${address}`);
