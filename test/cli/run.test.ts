import assert from "node:assert/strict";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { startLine } from "../../src/cli/commands/run.ts";
import { aRun } from "../support/documents.ts";
import { cli, folder, json, listing } from "./support/cli.ts";
import { DEMO } from "./support/pipelines.ts";

interface RunDocument {
  readonly run_id: string;
  readonly status: string;
  readonly outcome: string | null;
  readonly summary: Record<string, number>;
  readonly jobs: Record<string, { status: string; exit_codes: number[]; class: string | null }>;
}

const occurrences = (text: string, part: string): number => text.split(part).length - 1;

suite("a run of three samples, one of them unusable", () => {
  let cwd = "";
  let id = "";
  let ended: Awaited<ReturnType<typeof cli>>;
  const cleanups: (() => Promise<unknown>)[] = [];
  before(async () => {
    cwd = await folder(
      { after: (work) => void cleanups.push(work as () => Promise<unknown>) },
      { "demo.yaml": DEMO },
    );
    ended = await cli(["run", "demo.yaml", "--samples", "a,b,bad", "--output", "out", "--label", "study=x"], {
      cwd,
    });
    id = /^Run (\S+) \(/.exec(ended.stdout)?.[1] ?? "none";
  });
  after(async () => {
    for (const work of cleanups) await work();
  });

  test("prints a line for each change, the notice once and last, and ends with 3", () => {
    const { code, stdout, stderr } = ended;
    assert.equal(code, 3, stdout + stderr);
    assert.match(
      stdout,
      /^Run \d{4}-\d\d-\d\d_demo_001 \(\w+-\w+-\w+-\w+\) started: 7 jobs, executor local, output .*\/out\/.*_demo_001\/\n/,
    );
    assert.match(stdout, /\n\d\d:\d\d:\d\d count-bad {16}retry {4}Exit code 3\. Retrying bad unchanged/);
    assert.match(stdout, /\n\d\d:\d\d:\d\d count-bad {16}skip {5}Exit code 3\./);
    assert.equal(occurrences(stdout, "🧬 BioAgent Run Complete"), 1);
    assert.match(
      stdout,
      /\n\n🧬 BioAgent Run Complete\nRun: .*\nPipeline: demo\nStatus: ✅ 2\/3 succeeded, ⏭ 1 skipped\nOutput: /,
    );
    assert.match(stdout, /\nNext: bioagent retry \S+\n$/);
  });

  test("the console's notice counts as delivered, though the command prints it itself", async () => {
    const { notices } = (await json(["notices", id], { cwd })) as { notices: { status: string }[] };
    assert.deepEqual(
      notices.map(({ status }) => status),
      ["sent"],
    );
    const again = await cli(["tick"], { cwd });
    assert.deepEqual([again.code, again.stdout], [0, ""]);
  });

  test("list, show and jobs give it as documents", async () => {
    const { runs } = (await json(["list", "--status", "completed,failed", "--label", "study=x"], {
      cwd,
    })) as { runs: RunDocument[] };
    assert.deepEqual(
      runs.map(({ run_id, outcome }) => [run_id, outcome]),
      [[id, "some_skipped"]],
    );
    const run = (await json(["show", id.slice(0, 12)], { cwd })) as unknown as RunDocument;
    assert.equal(run.run_id, id);
    assert.deepEqual(run.jobs["count-bad"]!.exit_codes, [3, 3]);
    const { jobs } = (await json(["jobs", "--class", "app", "--exit-code", "3"], { cwd })) as {
      jobs: { key: string }[];
    };
    assert.deepEqual(
      jobs.map(({ key }) => key),
      ["count-bad"],
    );
  });

  test("show --json is the ledger's file", async () => {
    const { stdout } = await cli(["show", id, "--json"], { cwd });
    assert.equal(stdout, await readFile(join(cwd, "bioagent", "runs", `${id}.json`), "utf8"));
  });

  test("list, show, jobs and events are tables and lines for people", async () => {
    const list = await cli(["list"], { cwd });
    assert.match(list.stdout, /^RUN .*DURATION\n\S+_demo_001 .*completed \(some_skipped\) +5\/7 /);
    const show = await cli(["show", id], { cwd });
    assert.match(show.stdout, /Status {5}completed \(some_skipped\)\n[\s\S]*\ncount +0 +0 +2 +1 +0\n/);
    const jobs = await cli(["jobs", id, "--status", "skipped"], { cwd });
    assert.match(
      jobs.stdout,
      /\nafter-bad {2}skipped .*needs count-bad\ncount-bad {2}skipped +2 {2}3,3 +app/,
    );
    const events = await cli(["events", id], { cwd });
    assert.match(events.stdout, /count-bad +ended +attempt 2, failed, exit 3, app/);
    assert.match(events.stdout, /after-bad +skip +Skipping after-bad: it needs count-bad/);
  });

  test("why tells attempts, evidence, decisions, the log and what to type", async () => {
    const { code, stdout } = await cli(["why", id], { cwd });
    assert.equal(code, 0);
    assert.match(
      stdout,
      /count-bad: skipped, Exit code 3\n {2}attempt 1: failed, exit 3, app; 0\.5 CPU, 64 MiB/,
    );
    assert.match(stdout, /-> retry \(rule app\): .*[\s\S]*-> skip \(rule app\): /);
    assert.match(stdout, /last lines of its log:\n {2}\| no reads in it\n/);
    assert.match(stdout, /Not run, because what they need did not succeed: after-bad \(needs count-bad\)/);
    assert.match(stdout, /bioagent retry \S+_demo_001 --failed/);
  });

  test("logs prints a log, and suggests the job that may be meant", async () => {
    const { code, stdout } = await cli(["logs", id, "count-bad"], { cwd });
    assert.deepEqual([code, stdout], [0, "no reads in it\n"]);
    const wrong = await cli(["logs", id, "cuont-bad"], { cwd });
    assert.equal(wrong.code, 1);
    assert.match(wrong.stderr, /has no job "cuont-bad"; did you mean count-bad\?/);
  });

  test("resume --why tells job by job, and creates nothing", async () => {
    const before = await listing(cwd);
    const same = (await json(["resume", id, "--why"], { cwd })) as {
      jobs: { job: string; reused: boolean; why: string }[];
    };
    const verdicts = new Map(same.jobs.map((job) => [job.job, job]));
    assert.equal(verdicts.get("count-a")!.reused, true);
    assert.match(verdicts.get("count-bad")!.why, /it did not succeed: skipped/);
    assert.match(verdicts.get("all")!.why, /made again: after-bad/);
    const changed = await cli(["resume", id, "--why", "--param", "n=4"], { cwd });
    assert.match(changed.stdout, /count-a +no +its params have changed: \{"n":3\} -> \{"n":4\}/);
    assert.match(changed.stdout, /after-a +no +what it needs has changed: count-a/);
    assert.match(changed.stdout, /0 of 7 jobs would be taken over\. Nothing was created\./);
    assert.deepEqual(await listing(cwd), before);
  });

  test("a lost output is seen by resume --why", async () => {
    const output = join(cwd, "out", id, "a.txt");
    const text = await readFile(output, "utf8");
    await rm(output);
    const { jobs } = (await json(["resume", id, "--why"], { cwd })) as {
      jobs: { job: string; why: string }[];
    };
    await writeFile(output, text);
    const { why } = jobs.find(({ job }) => job === "count-a")!;
    assert.match(why, /outputs are not there any more/);
    assert.match(why, /: output a\.txt was published and is not there any more$/);
  });

  test("an output that was replaced is told by resume --why as another file, with its sizes then and now", async () => {
    const output = join(cwd, "out", id, "a.txt");
    const text = await readFile(output, "utf8");
    await writeFile(output, "of another");
    const { jobs } = (await json(["resume", id, "--why"], { cwd })) as {
      jobs: { job: string; why: string }[];
    };
    await writeFile(output, text);
    const then = Buffer.byteLength(text) === 1 ? "1 byte" : `${Buffer.byteLength(text)} bytes`;
    const { why } = jobs.find(({ job }) => job === "count-a")!;
    assert.match(
      why,
      new RegExp(`: output a\\.txt is another file now: ${then}.* when it was published, now 10 bytes$`),
    );
  });

  test("watch and wait on an ended run print its notice and give its exit code", async () => {
    for (const command of ["watch", "wait"]) {
      const { code, stdout } = await cli([command, id], { cwd });
      assert.equal(code, 3);
      assert.match(stdout, /^\n🧬 BioAgent Run Complete\n/);
    }
    assert.equal((await cli(["wait", id, "--allow-skips"], { cwd })).code, 0);
  });

  test("cancelling what has ended is refused, exit 1", async () => {
    const { code, stderr } = await cli(["cancel", id], { cwd });
    assert.equal(code, 1);
    assert.match(stderr, /has already ended: completed/);
  });

  test("export writes the ledger elsewhere", async () => {
    const { code } = await cli(["export", id, "--to", "copy"], { cwd });
    assert.equal(code, 0);
    assert.deepEqual(await listing(join(cwd, "copy")), [
      "job_manifests",
      `job_manifests/${id}.json`,
      "memory.md",
      "runs",
      `runs/${id}.json`,
    ]);
  });

  test("rules gives the run's own table", async () => {
    const { rules } = (await json(["rules", id], { cwd })) as { rules: { name: string }[] };
    assert.ok(rules.some(({ name }) => name === "oom-ladder"));
  });

  test("doctor finds everything sound, and a broken channel not", async (t) => {
    const good = await cli(["doctor"], { cwd });
    assert.equal(good.code, 0, good.stdout);
    assert.match(good.stdout, /✓ store .*store\.db, .*\n✓ executor {2}local: .*CPUs/);
    const dir = await folder(t, {
      "bioagent.yaml": `channels: { lab: { kind: slack, webhook_url: "\${NO_SUCH_URL}" } }\n`,
    });
    const bad = await cli(["doctor"], { cwd: dir });
    assert.equal(bad.code, 1);
    assert.match(bad.stdout, /✗ channel +channel lab \(slack\): the variable NO_SUCH_URL is not set/);
  });

  test("retry opens it again: a new round, attempts count on, and the end is told again", async () => {
    const { code, stdout } = await cli(
      ["retry", id, "--sample", "bad", "--set", "count.memory=128MiB", "--wait"],
      { cwd },
    );
    assert.equal(code, 3);
    assert.match(stdout, /^Run \S+ \(\S+\) is open again: round 2, \d jobs\n/);
    assert.equal(occurrences(stdout, "🧬 BioAgent Run Complete"), 1);
    const run = (await json(["show", id], { cwd })) as unknown as RunDocument;
    assert.deepEqual(run.jobs["count-bad"]!.exit_codes, [3, 3, 3, 3]);
    const nothing = await cli(["retry", id, "--class", "oom"], { cwd });
    assert.equal(nothing.code, 1);
    assert.match(nothing.stderr, /nothing in run \S+ matches/);
  });
});

test("the line about a start stays one line, whatever its folder is called", () => {
  const run = aRun();
  const output = "out \u001b[31mred\nRun: forged/";
  const line = startLine({ ...run, config: { ...run.config, output } });
  assert.match(line, /output out red Run: forged\/$/);
});
