import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { cli, folder, listing } from "./support/cli.ts";
import { DEMO } from "./support/pipelines.ts";

const step = (text: string): string => `pipeline: p\nsteps:\n${text}`;
const letters = "abcdefghi";
const BOMB = [...letters]
  .map(
    (name, at) =>
      `${name}: &${name} [${Array(9)
        .fill(at === 0 ? "x" : `*${letters[at - 1]}`)
        .join(", ")}]\n`,
  )
  .join("");

const FILES: Readonly<Record<string, string>> = {
  "demo.yaml": DEMO,
  "unknown-need.yaml": step("  - { id: a, needs: [zz], script: x }\n"),
  "cycle.yaml": step("  - { id: a, needs: [b], script: x }\n  - { id: b, needs: [a], script: x }\n"),
  "twice.yaml": step("  - { id: a, script: x }\n  - { id: a, script: x }\n"),
  "gigs.yaml": step("  - { id: a, script: x, resources: { memory: 8 gigs } }\n"),
  "pattern.yaml": step("  - { id: a, script: x, failures: { app: { log: ['('] } } }\n"),
  "many.yaml": step(Array.from({ length: 40 }, () => "  - { id: 9, script: x }\n").join("")),
  "bomb.yaml": BOMB,
  "huge.yaml": `pipeline: huge\ndescription: ${"x".repeat(2 ** 21)}\n`,
  "vast.yaml": "\u0000".repeat(51 * 2 ** 20),
  "too-big.yaml": step('  - { id: a, script: x, resources: { memory: 900TiB }, outputs: ["{sample}"] }\n'),
  "empty.csv": "",
  "rowless.csv": "sample,fastq_1\n",
  "nameless.csv": "name,fastq_1\na,b\n",
  "path.csv": "sample,path\na,b\n",
  "preload.csv": "sample,ld_preload\na,b\n",
  "wrong.yaml": "stroe: sqlite:x\nexecutor: moon\n",
};

/** What is given, and what of the answer shows that it was understood. */
const WRONG: readonly (readonly [string, readonly string[], RegExp])[] = [
  [
    "an unknown step in needs",
    ["run", "unknown-need.yaml", "--samples", "a"],
    /unknown-need\.yaml:3:\d+ .*"zz", which is no step/,
  ],
  ["a cycle", ["run", "cycle.yaml", "--samples", "a"], /circle: a, b/],
  ["two steps of one id", ["run", "twice.yaml", "--samples", "a"], /step a is there twice/],
  ["memory that is no size", ["run", "gigs.yaml", "--samples", "a"], /"8 gigs" is not a size/],
  ["a pattern that is none", ["run", "pattern.yaml", "--samples", "a"], /is no pattern \(RE2\)/],
  ["forty problems at once", ["run", "many.yaml", "--samples", "a"], /\.\.\. and \d+ more/],
  ["a YAML bomb", ["run", "bomb.yaml", "--samples", "a"], /too many aliases/],
  ["a pipeline of 2 MiB", ["run", "huge.yaml", "--samples", "a"], /at most 1 MiB is read/],
  ["a pipeline of 51 MiB", ["run", "vast.yaml", "--samples", "a"], /at most 50 MiB are read/],
  ["no such file", ["run", "nothing.yaml", "--samples", "a"], /there is no file nothing\.yaml/],
  ["a pipeline of no such name", ["run", "nothing", "--samples", "a"], /no pipeline of that name in /],
  ["a folder instead of a file", ["run", ".", "--samples", "a"], /is a folder/],
  ["a sample that is a path", ["run", "demo.yaml", "--samples", "../x"], /"\.\.\/x" is no sample name/],
  ["a sample that is a command", ["run", "demo.yaml", "--samples", "a;rm"], /"a;rm" is no sample name/],
  ["a sample given twice", ["run", "demo.yaml", "--samples", "a,a"], /"a" is named twice/],
  ["no sample at all", ["run", "demo.yaml"], /there is no sample; give --samples/],
  [
    "samples and a sheet",
    ["run", "demo.yaml", "--samples", "a", "--samplesheet", "path.csv"],
    /exclude each other/,
  ],
  ["an empty sheet", ["run", "demo.yaml", "--samplesheet", "empty.csv"], /empty\.csv is empty/],
  ["a sheet without rows", ["run", "demo.yaml", "--samplesheet", "rowless.csv"], /has no rows/],
  [
    "a sheet without samples",
    ["run", "demo.yaml", "--samplesheet", "nameless.csv"],
    /there is no column "sample"/,
  ],
  ["a column named path", ["run", "demo.yaml", "--samplesheet", "path.csv"], /PATH belongs to the shell/],
  [
    "a column named ld_preload",
    ["run", "demo.yaml", "--samplesheet", "preload.csv"],
    /LD_PRELOAD belongs to the loader/,
  ],
  [
    "a job bigger than the machine",
    ["run", "too-big.yaml", "--samples", "a"],
    /step a asks for 900TiB of memory; the most there is/,
  ],
  ["the same as a dry run", ["run", "too-big.yaml", "--samples", "a", "--dry-run"], /asks for 900TiB/],
  [
    "settings of all kinds of wrongness",
    [
      "run",
      "demo.yaml",
      "--samples",
      "a",
      "--set",
      "count.memory=8gigs",
      "--set",
      "cuont.cpu=1",
      "--set",
      "count.mem=1GiB",
      "--set",
      "x",
    ],
    /no step cuont; did you mean count\?[\s\S]*mem cannot be set[\s\S]*write STEP\.FIELD=VALUE/,
  ],
  [
    "a parameter of another type",
    ["run", "demo.yaml", "--samples", "a", "--param", "n=abc", "--param", "deep=maybe"],
    /--param n: "abc" is no number[\s\S]*--param deep: "maybe" is no truth value/,
  ],
  [
    "a parameter that is not declared",
    ["run", "demo.yaml", "--samples", "a", "--param", "wrod=1"],
    /no parameter wrod; did you mean word\?/,
  ],
  [
    "an input folder that is not there",
    ["run", "demo.yaml", "--samples", "a", "--input", "away"],
    /--input away: there is no such folder/,
  ],
  [
    "an output in a bucket, locally",
    ["run", "demo.yaml", "--samples", "a", "--output", "gs://b/o"],
    /writes to a folder of this machine/,
  ],
  [
    "a name that is none",
    ["run", "demo.yaml", "--samples", "a", "--name", "Bad Name"],
    /"Bad Name" is not a name/,
  ],
  [
    "a channel that is not there",
    ["run", "demo.yaml", "--samples", "a", "--notify", "consol"],
    /no channel "consol"; did you mean console\?/,
  ],
  [
    "two modes",
    ["run", "demo.yaml", "--samples", "a", "--wait", "--detach"],
    /--wait and --detach exclude each other/,
  ],
  [
    "an executor that does not exist",
    ["run", "demo.yaml", "--samples", "a", "--executor", "moon"],
    /'--executor <kind>' argument 'moon' is invalid/,
  ],
  ["a command that does not exist", ["lst"], /unknown command 'lst'; did you mean list\?/],
  [
    "an option that does not exist",
    ["list", "--statsu", "failed"],
    /unknown option '--statsu'; did you mean --status\?/,
  ],
  ["a status that does not exist", ["list", "--status", "faild"], /"faild" is none of planning/],
  ["a time that is none", ["list", "--since", "yesterday"], /Expected a day/],
  ["a missing argument", ["show"], /missing required argument 'run'/],
  [
    "a configuration with mistakes",
    ["list", "--config", "wrong.yaml"],
    /wrong\.yaml:1:1 .*[\s\S]*wrong\.yaml:2:/,
  ],
  [
    "a configuration that is not there",
    ["list", "--config", "none.yaml"],
    /none\.yaml: the configuration cannot be read/,
  ],
  ["no command at all", [], /^Usage: bioagent/],
];

suite("wrong usage is told in at most 12 lines, ends with 2, and changes nothing", { concurrency: 4 }, () => {
  for (const [what, args, answer] of WRONG) {
    test(what, async (t) => {
      const cwd = await folder(t, FILES);
      const before = await listing(cwd);
      const { code, stdout, stderr } = await cli(args, { cwd });
      assert.equal(code, 2, stderr);
      assert.equal(stdout, "");
      assert.match(stderr, answer);
      if (args.length > 0) {
        assert.match(stderr, /^bioagent: /);
        assert.ok(stderr.trimEnd().split("\n").length <= 12, stderr);
        assert.ok(stderr.length < 5000, `${stderr.length} characters`);
        assert.doesNotMatch(stderr, /\n {4}at /);
      }
      // An executor may have made its folder; a store, an output or a ledger would be a change.
      const after = (await listing(cwd)).filter((path) => !/^bioagent(\/local.*)?$/.test(path));
      assert.deepEqual(
        after.filter((path) => !path.startsWith("bioagent/store.db")),
        before,
      );
    });
  }
});

test("with --json an error is a document on stdout, and stderr says the same", async (t) => {
  const cwd = await folder(t, FILES);
  const { code, stdout, stderr } = await cli(["run", "gigs.yaml", "--samples", "a", "--json"], { cwd });
  const { error } = JSON.parse(stdout) as { error: { message: string; problems: string[] } };
  assert.equal(code, 2);
  assert.equal(error.message, "pipeline gigs.yaml is not valid");
  assert.match(error.problems[0]!, /^gigs\.yaml:3:\d+ .*"8 gigs" is not a size/);
  assert.match(stderr, /"8 gigs" is not a size/);
});

test("--debug shows the stack", async (t) => {
  const cwd = await folder(t, FILES);
  const { stderr } = await cli(["validate", "nothing.yaml", "--debug"], { cwd });
  assert.match(stderr, /\n {4}at /);
});

test("validate names every problem with line and column, or says what the pipeline has", async (t) => {
  const cwd = await folder(t, FILES);
  const bad = await cli(["validate", "unknown-need.yaml", "--samplesheet", "path.csv"], { cwd });
  assert.equal(bad.code, 2);
  assert.match(bad.stderr, /^unknown-need\.yaml:3:\d+ {2}steps\[0\]\.needs\[0\] .*\npath\.csv:1:1 /);
  const good = await cli(["validate", "demo.yaml"], { cwd });
  assert.deepEqual([good.code, good.stdout], [0, "valid: demo, 3 steps, 3 parameters\n"]);
  assert.deepEqual(await listing(cwd), Object.keys(FILES).sort());
});

suite("where there is no store, reading makes none", { concurrency: 4 }, () => {
  const empty: readonly (readonly [readonly string[], number, RegExp])[] = [
    [["list"], 0, /^no store at .*store\.db yet; bioagent run makes one\n$/],
    [["list", "--json"], 0, /^\{\n {2}"runs": \[\]\n\}\n$/],
    [["jobs", "--json"], 0, /"jobs": \[\]/],
    [["notices", "--json"], 0, /"notices": \[\]/],
    [["tick", "--json"], 0, /"runs": \[\]/],
    [["show", "castle", "--json"], 1, /there is no run .*no store at/],
    [["why", "castle", "--json"], 1, /there is no run/],
    [["watch", "castle", "--json"], 1, /there is no run/],
    [["cancel", "castle", "--json"], 1, /there is no run/],
    [["doctor", "--json"], 0, /no store at .* yet/],
    [["rules", "--json"], 0, /"oom-ladder"/],
    [["export", "--json"], 1, /no store at/],
  ];
  for (const [args, expected, answer] of empty) {
    test(args.join(" "), async (t) => {
      const cwd = await folder(t);
      const { code, stdout, stderr } = await cli(args, { cwd });
      assert.equal(code, expected, stderr);
      assert.match(stdout, answer);
      assert.deepEqual(await listing(cwd), []);
    });
  }
});
