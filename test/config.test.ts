import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { z } from "zod";
import {
  type Config,
  ConfigError,
  configTable,
  environment,
  readConfig,
  reloadConfig,
  resolveChannel,
  resolveSecret,
} from "../src/config.ts";

const channelKinds = {
  console: z.strictObject({ kind: z.literal("console") }),
  slack: z.strictObject({
    kind: z.literal("slack"),
    webhook_url: z.string().regex(/^https:/, "expected a webhook's URL"),
  }),
};

/** Reads a configuration whose file (if not null) lies at /lab/bioagent.yaml. */
const sources = (file: string | null, env: Record<string, string> = {}, configFile?: string) => ({
  env,
  configFile,
  cwd: "/lab",
  channelKinds,
  readFile: async (path: string) => {
    if (file !== null && path === (configFile ?? "/lab/bioagent.yaml")) return file;
    throw Object.assign(new Error("no such file"), { code: "ENOENT" });
  },
});
const read = (file: string | null, env?: Record<string, string>): Promise<Config> =>
  readConfig(sources(file, env));
const problems = async (file: string | null, env?: Record<string, string>): Promise<readonly string[]> => {
  const error = await read(file, env).then(
    () => assert.fail("it is valid"),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof ConfigError);
  return error.problems;
};

test("without a file and without variables everything has its default", async () => {
  const config = await read(null);
  assert.deepEqual(config.store, { kind: "sqlite", path: "/lab/bioagent/store.db" });
  assert.equal(config.file, null);
  assert.equal(config.executor, "local");
  assert.equal(config.ledger, "/lab/bioagent");
  assert.equal(config.pipelines, "/lab/pipelines");
  assert.equal(config.localDay, "UTC");
  assert.deepEqual(config.local, {
    cpus: null,
    memoryBytes: null,
    directory: "/lab/bioagent/local",
    graceSeconds: 10,
  });
  assert.deepEqual(config.caps, {
    jobsPerRun: 100_000,
    attemptsPerJob: 20,
    memoryBytes: null,
    runsPerHour: 60,
  });
  assert.deepEqual(config.channels, { console: { kind: "console" } });
  assert.deepEqual(config.subscriptions, [
    { on: ["run.completed", "run.failed", "run.cancelled"], to: ["console"] },
  ]);
  assert.deepEqual(
    [config.allowInline, config.allowPrivateUrls, config.token, config.url],
    [null, false, null, null],
  );
});

const FILE = `store: sqlite:runs.db
ledger: gs://lab/ledger
local: { cpus: 4, memory: 16GiB, grace: 1m }
caps: { runs_per_hour: 5 }
local_day: Europe/Berlin
channels:
  lab: { kind: slack, webhook_url: "\${SLACK_WEBHOOK_URL}" }
subscriptions:
  - { on: [run.failed], to: [lab, console] }
`;

test("a file sets what it names; paths are seen from the working directory, units are plain", async () => {
  const config = await read(FILE);
  assert.equal(config.file, "/lab/bioagent.yaml");
  assert.deepEqual(config.store, { kind: "sqlite", path: "/lab/runs.db" });
  assert.equal(config.ledger, "gs://lab/ledger");
  assert.deepEqual(config.local, {
    cpus: 4,
    memoryBytes: 16 * 2 ** 30,
    directory: "/lab/bioagent/local",
    graceSeconds: 60,
  });
  assert.equal(config.caps.runsPerHour, 5);
  assert.deepEqual(Object.keys(config.channels), ["console", "lab"]);
  assert.deepEqual(config.subscriptions[0]?.to, ["lab", "console"]);
});

test("the environment wins over the file; an empty variable is not set", async () => {
  const config = await read(FILE, {
    BIOAGENT_STORE: "firestore",
    BIOAGENT_LEDGER: "",
    BIOAGENT_LOCAL_CPUS: "2",
    BIOAGENT_LOCAL_MEMORY: "8GiB",
    BIOAGENT_ALLOW_INLINE: "true",
    BIOAGENT_ALLOW_PRIVATE_URLS: "1",
    BIOAGENT_URL: "http://10.0.0.1:8080",
    BIOAGENT_TOKEN: "0123456789abcdef",
  });
  assert.deepEqual(config.store, { kind: "firestore" });
  assert.equal(config.ledger, "gs://lab/ledger");
  assert.deepEqual(
    [config.local.cpus, config.local.memoryBytes, config.local.graceSeconds],
    [2, 8 * 2 ** 30, 60],
  );
  assert.deepEqual([config.allowInline, config.allowPrivateUrls], [true, true]);
  assert.equal(config.token, "0123456789abcdef");
});

test("the configuration is frozen to its depths", async () => {
  const config = await read(FILE);
  assert.throws(() => Object.assign(config.local, { cpus: 99 }), TypeError);
  assert.throws(() => (config.subscriptions as unknown[]).push(1), TypeError);
  assert.throws(() => Object.assign(config.channels["lab"]!, { webhook_url: "" }), TypeError);
});

test("all problems of file and environment are told together, each by its field or variable", async () => {
  const file = `stor: x
store: postgres
local: { cpus: many, memory: 8 }
local_day: Mars/Base
channels:
  Lab: { kind: console }
  lab: { kind: slak }
subscriptions: [{ on: [run.ended], to: [lab] }]
`;
  assert.deepEqual(
    await problems(file, {
      BIOAGENT_EXECUTOR: "slrm",
      BIOAGENT_LOCAL_MEMORY: "lots",
      BIOAGENT_STOR: "x",
      BIOAGENT_TOKEN: "short",
    }),
    [
      'bioagent.yaml:1:1  stor  "stor" is no field here; did you mean store?',
      "bioagent.yaml:2:8  store  expected sqlite:PATH or firestore",
      'bioagent.yaml:3:16  local.cpus  "many" is not a number: write it without quotes and units',
      'bioagent.yaml:4:12  local_day  "Mars/Base" is no time zone: expected a name such as Europe/Berlin or UTC',
      "bioagent.yaml:6:3  channels.Lab  a channel's name is lower case letters, digits, - and _, at most 40",
      'bioagent.yaml:7:16  channels.lab.kind  "slak" is no kind of channel; did you mean slack?',
      'bioagent.yaml:8:24  subscriptions[0].on[0]  "run.ended" is not one of run.started, run.completed, run.failed, run.cancelled, job.skipped, job.retried, run.waiting, run.stalled',
      'BIOAGENT_EXECUTOR  "slrm" is not one of gcp_batch, slurm, local; did you mean slurm?',
      "BIOAGENT_TOKEN  expected at least 16 characters, without blanks",
      'BIOAGENT_LOCAL_MEMORY  "lots" is not a size: write a number and a unit, such as 512MiB, 8GiB or 16GB',
      "BIOAGENT_STOR  there is no such variable; did you mean BIOAGENT_STORE?",
    ],
  );
});

test("a hundred problems are told in twelve lines", async () => {
  const error = await read(Array.from({ length: 100 }, (_, index) => `k${index}: 1`).join("\n")).catch(
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof ConfigError);
  assert.equal(error.message.split("\n").length, 12);
  assert.equal(error.problems.length, 100);
});

test("a file that is no YAML, one that is a list, and a bomb are refused with place", async () => {
  assert.deepEqual(await problems("store: [\n"), [
    "bioagent.yaml:2:1  flow sequence in block collection must be sufficiently indented and end with a ]",
  ]);
  assert.deepEqual(await problems("- 1\n"), [
    'bioagent.yaml:1:1  a list is not a mapping: expected lines of "key: value"',
  ]);
  assert.match((await problems(`a: &a x\nb: [${"*a,".repeat(60)}]`))[0]!, /too many aliases/);
});

test("an empty file is the defaults", async () => {
  assert.equal((await read("# nothing\n")).executor, "local");
});

test("a file that was named must be there; one that was not need not", async () => {
  const missing = /^ConfigError: nope\.yaml: the configuration cannot be read \(ENOENT\)/;
  await assert.rejects(readConfig(sources(null, {}, "nope.yaml")), missing);
  await assert.rejects(readConfig(sources(null, { BIOAGENT_CONFIG: "nope.yaml" })), missing);
});

test("a configuration in a bucket is read where a reader for buckets is given, and its address stands in the problems", async () => {
  const uri = "gs://my-lab/c.yaml";
  const given = sources(null, { BIOAGENT_CONFIG: uri });
  await assert.rejects(readConfig(given), /a configuration in a bucket is not read here/);
  const asked: string[] = [];
  const readBucket = async (address: string) => {
    asked.push(address);
    return "executor: local\nledger: gs://my-lab/ledger\n";
  };
  const config = await readConfig({ ...given, readBucket });
  assert.deepEqual([config.file, config.ledger, asked], [uri, "gs://my-lab/ledger", [uri]]);
  const wrong = { ...given, readBucket: async () => "executor: nowhere\n" };
  await assert.rejects(readConfig(wrong), /gs:\/\/my-lab\/c\.yaml:1:\d+ {2}executor/);
  const gone = {
    ...given,
    readBucket: () => Promise.reject(Object.assign(new Error("x"), { code: "EACCES" })),
  };
  const { config: kept, problem } = await reloadConfig(config, gone);
  assert.equal(kept, config);
  assert.match(problem!, /the last good one stays in force/);
});

test("a variable that holds a list has commas between, and a bad part is told by its name", async () => {
  const env = {
    BIOAGENT_INVOKERS: "tick@p.iam.gserviceaccount.com, push@p.iam.gserviceaccount.com",
    BIOAGENT_AUDIENCE: "https://a",
  };
  const { invokers, audience } = await readConfig(sources(null, env));
  assert.deepEqual(invokers, ["tick@p.iam.gserviceaccount.com", "push@p.iam.gserviceaccount.com"]);
  assert.deepEqual(audience, ["https://a"]);
  await assert.rejects(
    readConfig(sources(null, { BIOAGENT_INVOKERS: "a@b.c,nobody" })),
    /BIOAGENT_INVOKERS {2}expected the e-mail/,
  );
});

test("the file is read from the disk unless told otherwise", async (t) => {
  const cwd = await mkdtemp(join(tmpdir(), "bioagent-config-"));
  t.after(() => rm(cwd, { recursive: true }));
  await writeFile(join(cwd, "other.yaml"), "executor: slurm\n");
  assert.equal(
    (await readConfig({ env: {}, cwd, channelKinds, configFile: "other.yaml" })).executor,
    "slurm",
  );
  assert.equal((await readConfig({ env: {}, cwd, channelKinds })).executor, "local");
});

test("a channel's fields are checked by its kind, and a typo in a subscription finds its channel", async () => {
  const file = `channels:
  lab: { kind: slak, webhook_url: https://x }
  pi: { kind: slack, webhok_url: https://x }
subscriptions: [{ on: [run.failed], to: [lap, results] }]
`;
  assert.deepEqual(await problems(file), [
    'bioagent.yaml:2:16  channels.lab.kind  "slak" is no kind of channel; did you mean slack?',
    "bioagent.yaml:3:7  channels.pi.webhook_url  is missing: expected a text",
    'bioagent.yaml:3:22  channels.pi.webhok_url  "webhok_url" is no field here; did you mean webhook_url?',
    'bioagent.yaml:4:42  subscriptions[0].to[0]  there is no channel "lap"; did you mean lab?',
    'bioagent.yaml:4:47  subscriptions[0].to[1]  there is no channel "results"; channels are console, lab, pi',
  ]);
});

test("what is no channel, or no subscription, hides no problem of the others", async () => {
  const file = `channels:
  Lab: { kind: slack, webhook_url: x }
  pi: slack
  ops: { kind: [slack] }
  all: { kind: constructor }
subscriptions:
  - { on: [run.faild], to: [pi, nobody] }
  - { to: [all] }
`;
  const said = (await problems(file)).map((line) => line.replace(/^bioagent\.yaml:/, ""));
  assert.deepEqual(said, [
    "2:3  channels.Lab  a channel's name is lower case letters, digits, - and _, at most 40",
    "2:36  channels.Lab.webhook_url  expected a webhook's URL",
    '3:7  channels.pi  "slack" is not a mapping: expected lines of "key: value"',
    "4:16  channels.ops.kind  a list is not a text",
    '5:16  channels.all.kind  "constructor" is no kind of channel; kinds are console, slack',
    '7:12  subscriptions[0].on[0]  "run.faild" is not one of run.started, run.completed, run.failed, run.cancelled, job.skipped, job.retried, run.waiting, run.stalled; did you mean run.failed?',
    '7:33  subscriptions[0].to[1]  there is no channel "nobody"; channels are console, Lab, pi, ops, all',
    "8:5  subscriptions[1].on  is missing: expected a list",
  ]);
});

test("a subscription that no run can meet is a problem, not a silence", async () => {
  const file = `subscriptions:
  - on: [run.failed]
    to: [console]
    pipelines: [rnaseq, rna-seq]
    labels: { Project: p53, batch_2-b: x }
`;
  assert.deepEqual(await problems(file), [
    "bioagent.yaml:4:25  subscriptions[0].pipelines[1]  no pipeline can have this name: it is lower case letters, digits and _",
    "bioagent.yaml:5:24  subscriptions[0].labels.Project  no run can have this label: its name is lower case letters, digits, _ and -",
  ]);
});

test("no problem shows what may be a secret", async () => {
  const file =
    'token: abcdefghijklmnop-tok3n\nurl: "https://user:pass-w0rd@host"\nchannels:\n  a: { kind: slack, webhook_url: s3cret-url }\n  b: { kind: slack, webhook_url: 123454321 }\n';
  const said = (await problems(file, { BIOAGENT_PUBLIC_URL: "https://u:p4ss@x" })).join("\n");
  assert.equal(said.split("\n").length, 5, said);
  assert.doesNotMatch(said, /tok3n|pass-w0rd|s3cret|123454321|p4ss/);
  assert.match(said, /BIOAGENT_TOKEN only/);
});

test("an API is spoken to by https, on this machine by http too", async () => {
  assert.match(
    (await problems(null, { BIOAGENT_URL: "http://api.lab.org" }))[0]!,
    /^BIOAGENT_URL {2}expected https/,
  );
  assert.equal((await read(null, { BIOAGENT_URL: "http://127.0.0.1:8080" })).url, "http://127.0.0.1:8080");
});

test("a watcher's address is https, and may stand in its variable", async () => {
  assert.match(
    (await problems('ping_url: "http://hc.lab.org/s3cret"\n'))[0]!,
    /^bioagent.yaml:1:11 {2}ping_url {2}expected https/,
  );
  assert.match((await problems(`ping_url: "\${HC_URL}"\n`))[0]!, /hc-ping.com\/UUID .*BIOAGENT_PING_URL/);
});

test("a missing variable makes its channel unusable, says so, and nothing else fails", async () => {
  const config = await read(FILE);
  const lab = config.channels["lab"]!;
  assert.equal(lab["webhook_url"], `\${SLACK_WEBHOOK_URL}`, "the file's text is kept, not the secret");
  assert.deepEqual(resolveChannel("lab", lab, { variables: {}, channelKinds }), {
    kind: "unusable",
    reason:
      "channel lab (slack): the variable SLACK_WEBHOOK_URL is not set here; set it, and the channel works again",
  });
  assert.deepEqual(
    resolveChannel("lab", lab, {
      variables: { SLACK_WEBHOOK_URL: "https://hooks.slack.com/x" },
      channelKinds,
    }),
    {
      kind: "ready",
      value: { kind: "slack", webhook_url: "https://hooks.slack.com/x" },
    },
  );
});

test("a variable with a wrong value is told without the value", async () => {
  const lab = (await read(FILE)).channels["lab"]!;
  const resolved = resolveChannel("lab", lab, {
    variables: { SLACK_WEBHOOK_URL: "xoxb-s3cret" },
    channelKinds,
  });
  assert.equal(resolved.kind, "unusable");
  assert.match(
    resolved.reason,
    /^channel lab \(slack\): webhook_url: expected a webhook's URL \(with SLACK_WEBHOOK_URL filled in\)$/,
  );
  assert.doesNotMatch(resolved.reason, /s3cret/);
});

test("several variables may stand in one text; what they hold is not looked at again", () => {
  assert.deepEqual(resolveSecret(`\${A}-\${B}`, { A: `\${B}`, B: "$&" }), {
    kind: "ready",
    value: `\${B}-$&`,
  });
  assert.deepEqual(resolveSecret("plain $A", {}), { kind: "ready", value: "plain $A" });
  assert.match(
    (resolveSecret(`x\${A}`, { A: "" }) as { reason: string }).reason,
    /^the variable A is empty here/,
  );
});

test("Secret Manager is said to come with the cloud deployment", () => {
  assert.match(
    (resolveSecret("sm://slack", {}) as { reason: string }).reason,
    /comes with the cloud deployment/,
  );
});

test("what looks like a variable and is none is a problem of the file", async () => {
  const file = `channels:\n  lab: { kind: slack, webhook_url: "https://x/\${A-B}" }\n`;
  assert.deepEqual(await problems(file), [
    `bioagent.yaml:2:36  channels.lab.webhook_url  a variable is written \${NAME}: letters, digits and _, with the closing brace`,
  ]);
});

test("subscriptions that are given replace the default, even by none", async () => {
  assert.deepEqual((await read("subscriptions: []\n")).subscriptions, []);
});

test("a bad edit keeps the last good configuration and says so", async () => {
  const good = await read(FILE);
  const bad = await reloadConfig(good, sources("store: nonsense\n"));
  assert.equal(bad.config, good);
  assert.equal(bad.changed, false);
  assert.deepEqual(bad.problem?.split("\n"), [
    "the configuration is not valid; the last good one stays in force:",
    "bioagent.yaml:1:8  store  expected sqlite:PATH or firestore",
  ]);
});

test("a good edit takes effect, and no edit is no change", async () => {
  const good = await read(FILE);
  const same = await reloadConfig(good, sources(FILE));
  assert.deepEqual([same.config === good, same.changed, same.problem], [true, false, null]);
  const edited = await reloadConfig(good, sources(`${FILE}executor: slurm\n`));
  assert.deepEqual([edited.config.executor, edited.changed, edited.problem], ["slurm", true, null]);
});

test("readConfig refuses or returns, whatever the file and the variables say", async () => {
  const value = fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.string());
  const keys = fc.constantFrom(
    "store",
    "local",
    "caps",
    "channels",
    "subscriptions",
    "references",
    "url",
    "token",
    "__proto__",
    "x",
  );
  const property = fc.asyncProperty(
    fc.dictionary(keys, value),
    fc.string(),
    fc.string({ unit: "binary" }),
    async (file, variable, text) => {
      for (const given of [JSON.stringify(file), text]) {
        const outcome = await read(given, { BIOAGENT_LOCAL_CPUS: variable, BIOAGENT_STORE: variable }).catch(
          (error: unknown) => error,
        );
        assert.ok(outcome instanceof ConfigError ? outcome.problems.length > 0 : Object.isFrozen(outcome));
      }
    },
  );
  await fc.assert(property, { numRuns: 200 });
});

test("the table has every setting with its variable and its default", () => {
  const table = configTable();
  assert.match(table, /^\| In the file \| Variable \| Default \| Meaning \|\n\| --- \|/);
  assert.match(table, /\| `store` \| `BIOAGENT_STORE` \| `sqlite:bioagent\/store\.db` \|/);
  assert.match(table, /\| `caps\.runs_per_hour` \| {2}\| `60` \|/);
  assert.match(table, /\| {2}\| `BIOAGENT_TOKEN` \| none: loopback only \|/);
  for (const name of [
    "EXECUTOR",
    "LEDGER",
    "URL",
    "ALLOW_INLINE",
    "ALLOW_PRIVATE_URLS",
    "PUBLIC_URL",
    "LOCAL_CPUS",
    "LOCAL_MEMORY",
    "PIPELINES",
  ]) {
    assert.ok(table.includes(`\`BIOAGENT_${name}\``), name);
  }
});

test("the environment is read once: what scripts keep, and what the terminal and the cloud say", () => {
  const seen = environment({
    PATH: "/bin",
    HOME: "/h",
    SECRET: "x",
    NO_COLOR: "1",
    COLUMNS: "80",
    CI: "true",
    K_SERVICE: "poll",
    PORT: "8080",
  });
  assert.deepEqual(seen.caller, { PATH: "/bin", HOME: "/h" });
  assert.deepEqual(
    [seen.noColor, seen.columns, seen.ci, seen.cloudService, seen.port],
    [true, 80, true, "poll", 8080],
  );
  const bare = environment({ NO_COLOR: "", COLUMNS: "wide", CI: "false" });
  assert.deepEqual(
    [bare.noColor, bare.columns, bare.ci, bare.cloudService, bare.port],
    [false, null, false, null, null],
  );
  assert.ok(environment().variables["PATH"]);
});
