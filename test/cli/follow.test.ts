import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { suite, test } from "node:test";
import { cli, folder, json, listing, start, until } from "./support/cli.ts";
import { DEMO, PATIENT } from "./support/pipelines.ts";

interface RunDocument {
  readonly run_id: string;
  readonly status: string;
  readonly outcome: string | null;
  readonly summary: Record<string, number>;
  readonly jobs: Record<string, { status: string; exit_codes: number[]; class: string | null }>;
}

const occurrences = (text: string, part: string): number => text.split(part).length - 1;

suite("runs from their start to their end", { concurrency: 3 }, () => {
  test("run --wait --json prints one document; all succeeded is 0, aborted is 1", async (t) => {
    const cwd = await folder(t, { "demo.yaml": DEMO });
    const good = await cli(["run", "demo.yaml", "--samples", "a", "--wait", "--json", "--name", "good-one"], {
      cwd,
    });
    assert.equal(good.code, 0, good.stderr);
    assert.equal((JSON.parse(good.stdout) as RunDocument).outcome, "all_succeeded");
    const bad = await cli(["run", "demo.yaml", "--samples", "bad", "--wait", "--json"], { cwd });
    assert.equal(bad.code, 1, bad.stderr);
    assert.equal((JSON.parse(bad.stdout) as RunDocument).status, "failed");
    const taken = await cli(["run", "demo.yaml", "--samples", "a", "--name", "good-one"], { cwd });
    assert.equal(taken.code, 1);
    assert.match(taken.stderr, /already that of run .*_demo_001/);
  });

  test("run --dry-run shows jobs and commands with their environment, and creates nothing", async (t) => {
    const cwd = await folder(t, { "demo.yaml": DEMO, "reads.csv": "sample,fastq_1\na,demo.yaml\nb,x y\n" });
    const args = [
      "run",
      "demo.yaml",
      "--samplesheet",
      "reads.csv",
      "--dry-run",
      "--param",
      "n=7",
      "--set",
      "after.memory=128MiB",
    ];
    const { code, stdout } = await cli(args, { cwd });
    assert.equal(code, 0);
    assert.match(stdout, /\nafter-b +count-b +0\.5 +128MiB +- +b\.after\.txt\n/);
    assert.match(stdout, /\nall +after-\* +/);
    assert.match(
      stdout,
      /count-a would run with bash -euo pipefail:\n[\s\S]* {2}FASTQ_1=\S+\/demo\.yaml\n[\s\S]* {2}PARAM_N=7\n/,
    );
    assert.match(stdout, /\n {2}\| echo "\$SAMPLE \$PARAM_N"/);
    const plan = (await json(args, { cwd })) as { jobs: unknown[]; commands: unknown[] };
    assert.deepEqual([plan.jobs.length, plan.commands.length], [5, 3]);
    assert.deepEqual(await listing(cwd), ["demo.yaml", "reads.csv"]);
  });

  test("run --plan-only plans and waits; approve and tick let it go", async (t) => {
    const cwd = await folder(t, { "demo.yaml": DEMO });
    const planned = await json(["run", "demo.yaml", "--samples", "a", "--plan-only"], { cwd });
    const id = String(planned["run_id"]);
    assert.equal(planned["status"], "planning");
    await cli(["tick"], { cwd });
    const held = await cli(["wait", id], { cwd });
    assert.equal(held.code, 1);
    assert.match(held.stderr, /waits to be approved: bioagent approve /);
    assert.equal((await json(["approve", id], { cwd }))["status"], "running");
    assert.equal((await cli(["wait", id], { cwd })).code, 0);
  });

  test("run --detach only starts; tick carries it to its end and says what changed, and the notice comes from the outbox", async (t) => {
    const cwd = await folder(t, { "demo.yaml": DEMO });
    const { code, stdout } = await cli(["run", "demo.yaml", "--samples", "a", "--detach"], { cwd });
    assert.equal(code, 0);
    assert.match(stdout, /started: 3 jobs[\s\S]*bioagent tick, or bioagent serve\n$/);
    const lines: string[] = [];
    await until("tick prints the notice", async () => {
      lines.push((await cli(["tick"], { cwd })).stdout);
      return lines.join("").includes("🧬 BioAgent Run Complete");
    });
    assert.match(lines.join(""), /_demo_001 {2}running {2}0\/3 jobs done\n/);
    assert.match(lines.join(""), /_demo_001 {2}completed \(all_succeeded\) {2}3\/3 jobs done\n/);
    assert.equal(occurrences(lines.join(""), "🧬"), 1);
  });

  test("Ctrl-C leaves the run alone and says so; cancel --wait ends it", async (t) => {
    const cwd = await folder(t, { "patient.yaml": PATIENT });
    const running = start(["run", "patient.yaml", "--samples", "a,b"], { cwd });
    await until("a job runs", () => /nap-a +running/.test(running.seen()));
    running.child.kill("SIGINT");
    const { code, stdout, stderr } = await running.ended;
    assert.equal(code, 130, stderr);
    assert.match(
      stderr,
      /goes on: jobs that run are not touched[\s\S]*bioagent watch \S+_patient_001\n[\s\S]*bioagent cancel /,
    );
    assert.equal(occurrences(stdout, "🧬"), 0);
    const cancelled = await cli(["cancel", "2", "--wait"], { cwd });
    assert.equal(cancelled.code, 0, cancelled.stderr);
    assert.match(cancelled.stdout, /🧬 BioAgent Run Cancelled\n/);
    const again = await json(["list"], { cwd });
    assert.equal((again["runs"] as RunDocument[])[0]!.status, "cancelled");
  });

  test("two processes may follow one run: each prints its notice once, and no job runs twice", async (t) => {
    const cwd = await folder(t, { "patient.yaml": PATIENT });
    const first = start(["run", "patient.yaml", "--samples", "a"], { cwd });
    await until("a job runs", () => /nap-a +running/.test(first.seen()));
    const second = start(["watch", "2"], { cwd });
    await until("the second one looks on", () => /nap-a +running/.test(second.seen()));
    await writeFile(join(cwd, "go"), "");
    for (const { code, stdout, stderr } of await Promise.all([first.ended, second.ended])) {
      assert.equal(code, 0, stderr);
      assert.equal(occurrences(stdout, "🧬 BioAgent Run Complete"), 1);
    }
    const { jobs } = (await json(["jobs", "2"], { cwd })) as { jobs: { attempts: unknown[] }[] };
    assert.equal(jobs[0]!.attempts.length, 1);
  });

  test("a reader that goes away is no error: the run is driven on", async (t) => {
    const cwd = await folder(t, { "demo.yaml": DEMO });
    const running = start(["run", "demo.yaml", "--samples", "a,b"], { cwd });
    await until("it has started", () => running.seen().includes("started"));
    running.child.stdout.destroy();
    const { code, stderr } = await running.ended;
    // Of this machine's ways (limits only sampled) it may speak; of the reader that went away it must not.
    const said = stderr.split("\n").filter((line) => line !== "" && !line.startsWith("bioagent: note: "));
    assert.deepEqual([code, said], [0, []]);
  });

  test("notify test tries a channel, and says which there are", async (t) => {
    const cwd = await folder(t);
    const { code, stdout } = await cli(["notify", "test", "console", "--event", "run.failed"], { cwd });
    assert.equal(code, 0);
    assert.match(stdout, /^🧬 BioAgent Run Failed\n[\s\S]*\(test message\)\nchannel console: delivered\n$/);
    const wrong = await cli(["notify", "test", "lab"], { cwd });
    assert.equal(wrong.code, 2);
    assert.match(wrong.stderr, /there is no channel lab; channels are console/);
  });

  test("a notice that was given up is sent again after notify retry", async (t) => {
    const config = `subscriptions: [{ on: [run.completed], to: [lab] }]\nchannels: { lab: { kind: slack, webhook_url: "\${HOOK}" } }\n`;
    const cwd = await folder(t, { "demo.yaml": DEMO, "bioagent.yaml": config });
    // A port that nobody listens on, refused as private: given up at once.
    const env = { HOOK: "https://127.0.0.1:9/services/x" };
    await cli(["run", "demo.yaml", "--samples", "a", "--wait"], { cwd, env });
    const failed = (await json(["notices", "--failed"], { cwd, env })) as { notices: { id: string }[] };
    assert.equal(failed.notices.length, 1);
    const { retried } = await json(["notify", "retry", failed.notices[0]!.id], { cwd, env });
    assert.equal(retried, 1);
    const { notices } = (await json(["notices"], { cwd, env })) as { notices: { status: string }[] };
    assert.deepEqual(
      notices.map(({ status }) => status),
      ["pending"],
    );
  });

  test("serve answers and carries a run to its end, until it is told to stop", async (t) => {
    const cwd = await folder(t, { "demo.yaml": DEMO });
    const serving = start(["serve", "--port", "0", "--every", "1"], { cwd });
    await until("it listens", () => serving.seen().includes("http://"));
    const url = /http:\/\/\S+:\d+/.exec(serving.seen())![0];
    assert.equal((await fetch(`${url}/v1/health`)).status, 200);
    await cli(["run", "demo.yaml", "--samples", "a", "--detach"], { cwd });
    await until("the run has ended", async () => {
      const { runs } = (await (await fetch(`${url}/v1/runs`)).json()) as { runs: RunDocument[] };
      return runs[0]?.status === "completed";
    });
    serving.child.kill("SIGTERM");
    assert.equal((await serving.ended).code, 0);
  });
});
