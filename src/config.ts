/** The only place that reads the environment; `docs` and README show its table. */
import { readFile as readFileFromDisk } from "node:fs/promises";
import { resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { CONSOLE, channelProblems, subscriptionProblems } from "./config/check-channels.ts";
import { type Config, configOf } from "./config/config-of.ts";
import { mergeEnvironment, unknownVariables } from "./config/merge-environment.ts";
import { Settings } from "./config/schema.ts";
import { type ChannelKinds, innerOf, type Variables } from "./config/secrets.ts";
import { checkShape, type ShapeProblem } from "./pipelines/check-shape.ts";
import { inOrder, type LocatedProblem, limitLines, pathText } from "./pipelines/problem.ts";
import { readDocument, type SourceDocument } from "./pipelines/read-document.ts";
import { AdapterError } from "./ports.ts";

export { secretChannel, usesSecretManager } from "./config/channel-secrets.ts";
export type { Config } from "./config/config-of.ts";
export { configTable } from "./config/list-settings.ts";
export { nameSources } from "./config/name-sources.ts";
export {
  type ChannelKinds,
  type ChannelSettings,
  type Resolved,
  resolveChannel,
  resolveSecret,
} from "./config/secrets.ts";

/** What the process was given: read once, here, and passed on. */
export interface Environment {
  readonly variables: Variables;
  /** What scripts of the local executor keep of the caller's environment: PATH, HOME, LANG, TMPDIR where set. */
  readonly caller: Readonly<Record<string, string>>;
  readonly noColor: boolean;
  /** Width of the terminal, if it is told. */
  readonly columns: number | null;
  readonly ci: boolean;
  /** The Cloud Run service that this is, or null. */
  readonly cloudService: string | null;
  /** The function that this process is for, or null. */
  readonly functionTarget: string | null;
  /** Address of a Cloud Storage emulator; the configuration itself may lie there. */
  readonly storageEmulator: string | null;
  readonly port: number | null;
}

export function environment(variables: Variables = process.env): Environment {
  const caller = ["PATH", "HOME", "LANG", "TMPDIR"].flatMap((name) => {
    const value = variables[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.freeze({
    variables: Object.freeze({ ...variables }),
    caller: Object.freeze(Object.fromEntries(caller)),
    noColor: Boolean(variables["NO_COLOR"]),
    columns: wholeNumber(variables["COLUMNS"]),
    ci: Boolean(variables["CI"]) && variables["CI"] !== "false",
    cloudService: variables["K_SERVICE"] || null,
    functionTarget: variables["FUNCTION_TARGET"] || null,
    storageEmulator: variables["STORAGE_EMULATOR_HOST"] || null,
    port: wholeNumber(variables["PORT"]),
  });
}

const wholeNumber = (text: string | undefined): number | null =>
  text !== undefined && /^[1-9]\d{0,5}$/.test(text) ? Number(text) : null;

/** Every problem of a configuration, a line each, at most 12 in the message. Never a secret. */
export class ConfigError extends AdapterError {
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(limitLines(problems).join("\n"), { code: "config", retryable: false });
    this.name = "ConfigError";
    this.problems = problems;
  }
}

export interface ConfigSources {
  readonly env: Variables;
  /** From `--config`; else `BIOAGENT_CONFIG`, else `./bioagent.yaml` if there is one. */
  readonly configFile?: string | undefined;
  readonly cwd: string;
  readonly channelKinds: ChannelKinds;
  /** The file's text; throws an error with `code: "ENOENT"` when there is none. */
  readonly readFile?: (path: string) => Promise<string>;
  /** The text at a `gs://` address; where it is not given, a configuration in a bucket is refused. */
  readonly readBucket?: ((uri: string) => Promise<string>) | undefined;
}

/** Reads file and environment, which wins, into one frozen object; throws `ConfigError` with all problems together. */
export async function readConfig(sources: ConfigSources): Promise<Config> {
  const file = await readConfigFile(sources);
  const unknown = unknownVariables(sources.env);
  if (!file.document.readable)
    throw new ConfigError([...file.document.problems.map(file.render), ...unknown]);
  const { value, origins } = mergeEnvironment(file.document.value ?? {}, sources.env);
  const shape = checkShape(Settings, value);
  const found = [...shape.problems, ...crossProblems(value, sources.channelKinds)];
  const fromFile: LocatedProblem[] = [...file.document.problems, ...tokenInFile(file)];
  const fromEnvironment: string[] = [];
  for (const problem of found) {
    const variable = origins.get(pathText(problem.path)) ?? origins.get(pathText(problem.path.slice(0, -1)));
    if (variable !== undefined) fromEnvironment.push(`${variable}  ${problem.message}`);
    else fromFile.push(file.document.locate(problem.path, problem.message, problem.at));
  }
  const all = [...inOrder(fromFile).map(file.render), ...fromEnvironment, ...unknown];
  if (shape.data === null || all.length > 0) throw new ConfigError(all);
  return configOf(shape.data, { cwd: sources.cwd, file: file.path });
}

/** The last good configuration stays in force when a new one is wrong; `problem` then says so, in at most 12 lines. */
export async function reloadConfig(
  previous: Config,
  sources: ConfigSources,
): Promise<{ readonly config: Config; readonly changed: boolean; readonly problem: string | null }> {
  try {
    const config = await readConfig(sources);
    const changed = !isDeepStrictEqual(config, previous);
    return { config: changed ? config : previous, changed, problem: null };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const heading = "the configuration is not valid; the last good one stays in force:";
    return { config: previous, changed: false, problem: limitLines([heading, ...error.problems]).join("\n") };
  }
}

interface ConfigFile {
  /** Null when there is none. */
  readonly path: string | null;
  readonly document: SourceDocument;
  readonly render: (problem: LocatedProblem) => string;
}

const DEFAULT_FILE = "bioagent.yaml";

async function readConfigFile(sources: ConfigSources): Promise<ConfigFile> {
  const named = sources.configFile ?? (sources.env["BIOAGENT_CONFIG"] || undefined);
  const shown = named ?? DEFAULT_FILE;
  const isInBucket = shown.startsWith("gs://");
  if (isInBucket && !sources.readBucket) {
    throw new ConfigError([`${shown}: a configuration in a bucket is not read here; give a file`]);
  }
  const path = isInBucket ? shown : resolve(sources.cwd, shown);
  const read = isInBucket ? sources.readBucket! : (sources.readFile ?? readText);
  const text = await read(path).catch((error: unknown) => {
    if (named === undefined && codeOf(error) === "ENOENT") return null;
    throw new ConfigError([
      `${shown}: the configuration cannot be read (${codeOf(error)}); is the path right?`,
    ]);
  });
  return {
    path: text === null ? null : path,
    document: readDocument(text ?? ""),
    render: ({ path: at, message, line, column }) =>
      text === null
        ? `${at}  ${message}`
        : `${shown}:${line}:${column}  ${at}${at === "" ? "" : "  "}${message}`,
  };
}

const readText = (path: string): Promise<string> => readFileFromDisk(path, "utf8");

const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error ? String(error.code) : "unknown error";

function tokenInFile(file: ConfigFile): LocatedProblem[] {
  const value = file.document.value;
  if (typeof value !== "object" || value === null || !("token" in value)) return [];
  const message = "is read from BIOAGENT_TOKEN only, so that it never lies in a file";
  return [file.document.locate(["token"], message, "key")];
}

/** What settings say of one another, also while others are wrong in themselves. */
function crossProblems(value: unknown, kinds: ChannelKinds): ShapeProblem[] {
  const valid = <K extends keyof typeof Settings.shape>(key: K): Settings[K] | undefined => {
    const read = Settings.shape[key].safeParse(innerOf(value, key));
    return read.success ? (read.data as Settings[K]) : undefined;
  };
  const plain = (["url", "public_url", "ping_url"] as const).flatMap((key): ShapeProblem[] => {
    const url = valid(key);
    if (!url?.startsWith("http:") || valid("allow_private_urls") || isLoopback(url)) return [];
    const message = "expected https; http is for this machine, or with allow_private_urls";
    return [{ path: [key], message, at: "value" }];
  });
  const gcp = valid("gcp");
  const alone = gcp?.external_ip === false && !(gcp.network && gcp.subnetwork);
  if (alone) plain.push({ path: ["gcp", "external_ip"], message: NEEDS_NETWORK, at: "value" });
  const channels = innerOf(value, "channels") ?? {};
  const isMapping = typeof channels === "object" && !Array.isArray(channels);
  return isMapping ? [...plain, ...tellingProblems(value, { ...channels }, kinds)] : plain;
}

function tellingProblems(
  value: unknown,
  channels: Readonly<Record<string, unknown>>,
  kinds: ChannelKinds,
): ShapeProblem[] {
  const names = Object.keys({ console: CONSOLE, ...channels });
  return [
    ...channelProblems(channels, kinds),
    ...subscriptionProblems(innerOf(value, "subscriptions"), names),
  ];
}

/** Batch refuses the job otherwise: https://cloud.google.com/batch/docs/job-without-external-access */
const NEEDS_NETWORK = "without external addresses Batch wants network and subnetwork, both";

const isLoopback = (url: string): boolean =>
  ["localhost", "127.0.0.1", "[::1]"].includes(URL.parse(url)?.hostname ?? "");
