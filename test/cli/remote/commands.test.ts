import assert from "node:assert/strict";
import { suite, type TestContext, test } from "node:test";
import { seedStore } from "../notify/seeded-store.ts";
import { cli, folder, start, until } from "../support/cli.ts";

const DEMO = `
pipeline: demo
params: { n: 3 }
steps:
  - id: count
    script: |
      test "$SAMPLE" != bad || exit 5
      echo "$SAMPLE $PARAM_N $LANE" | tee "$OUTPUT_DIR/$SAMPLE.txt"
    resources: { memory: 64MiB, time: 1m }
    outputs: ["{sample}.txt"]
`;

/** An API in one folder, and a command line that speaks to it from another one. */
async function openApi(t: TestContext, environment: Record<string, string> = {}) {
  const there = await folder(t, { "demo.yaml": DEMO });
  const pushed = await cli(["pipelines", "push", "demo.yaml"], { cwd: there });
  assert.equal(pushed.code, 0, pushed.stderr);
  const here = await folder(t, {
    "other.yaml": DEMO.replace("pipeline: demo", "pipeline: other"),
    "s.csv": SHEET,
  });
  const serving = start(["serve", "--port", "0", "--json"], { cwd: there, env: environment });
  t.after(async () => {
    serving.child.kill("SIGTERM");
    await serving.ended;
  });
  await until("the API is served", () => serving.seen().includes("url"));
  const { url } = JSON.parse(serving.seen().split("\n")[0]!) as { url: string };
  const remote = (args: readonly string[], env: Record<string, string> = {}) =>
    cli(args, { cwd: here, env: { BIOAGENT_URL: url, ...environment, ...env } });
  const document = async (args: readonly string[]) => {
    const done = await remote([...args, "--json"]);
    return { ...done, json: JSON.parse(done.stdout || "null") };
  };
  return { there, remote, document };
}

const SHEET = "sample,lane\na,1\nb,2\nb,3\n";

suite("the command line on a deployed API", { concurrency: 2 }, () => {
  test("run sends a file whole with the rows of its sheet, and waits for the end; readers show it", async (t) => {
    const { remote, document, there } = await openApi(t);
    const args = [
      "run",
      "other.yaml",
      "--samplesheet",
      "s.csv",
      "--output",
      `${there}/out`,
      "--param",
      "n=7",
    ];
    const run = await document([...args, "--wait", "--name", "from-afar"]);
    assert.equal(run.code, 0, run.stderr);
    const { run_id: id, outcome } = run.json;
    assert.equal(outcome, "all_succeeded");
    const listed = await document(["list"]);
    assert.deepEqual(
      listed.json.runs.map((each: { run_id: string }) => each.run_id),
      [id],
    );
    const shown = await document(["show", "from-afar"]);
    assert.deepEqual(Object.keys(shown.json.jobs), ["count-a", "count-b"]);
    assert.equal("planned" in shown.json, false);
    assert.match((await remote(["show", id])).stdout, /count/);
    assert.match((await remote(["logs", id, "count-b"])).stdout, /^b 7 2 3$/m);
    assert.equal((await document(["jobs", id, "--step", "count"])).json.jobs.length, 2);
    const events = (await document(["events", id])).json.events as { type: string }[];
    assert.ok(
      events.some(({ type }) => type === "run.ended" || type === "run.completed"),
      JSON.stringify(events.at(-1)),
    );
    assert.match((await remote(["why", id])).stdout, /no job failed/);
    assert.equal((await remote(["wait", id])).code, 0);
    const again = await document(["resume", id, "--wait"]);
    assert.equal(again.code, 0, again.stderr);
    assert.notEqual(again.json.run_id, id);
  });

  test("a name is looked up there; plan-only, approve, cancel and retry act there", async (t) => {
    const { document, remote, there } = await openApi(t);
    const args = ["run", "demo", "--samples", "a,bad", "--output", `${there}/out`];
    const planned = await document([...args, "--plan-only"]);
    assert.equal(planned.code, 0, planned.stderr);
    const id = planned.json.run_id;
    assert.equal((await document(["approve", id])).code, 0);
    const ended = await document(["wait", id]);
    assert.equal(ended.code, 1, ended.stderr);
    assert.match((await remote(["why", id])).stdout, /bad/);
    const retried = await document(["retry", id, "--failed", "--detach", "--set", "count.memory=128MiB"]);
    assert.deepEqual([retried.code, retried.json.round], [0, 2], retried.stderr);
    await remote(["wait", id]);
    const refused = await remote(["cancel", id]);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /^bioagent: run .* has already ended/);
    const other = (await document([...args, "--plan-only"])).json.run_id;
    assert.equal((await remote(["cancel", other, "--wait"])).code, 0);
    assert.equal((await document(["show", other])).json.status, "cancelled");
  });

  test("what is wrong is told as the API tells it, and what needs the store itself in one line", async (t) => {
    const { remote, document } = await openApi(t);
    const unknown = await remote(["run", "nowhere", "--samples", "a", "--output", "/tmp/x"]);
    assert.deepEqual([unknown.code, unknown.stdout], [2, ""]);
    assert.match(unknown.stderr, /there is no pipeline nowhere/);
    assert.equal((await remote(["run", "demo", "--samples", "a"])).code, 2, "no --output");
    const missing = await remote(["show", "nothing"]);
    assert.equal(missing.code, 1);
    assert.match(missing.stderr, /^bioagent: there is no run "nothing"/);
    for (const args of [["tick"], ["serve"], ["run", "demo", "--dry-run"]]) {
      const refused = await remote(args);
      assert.equal(refused.code, 2, args.join(" "));
      assert.equal(refused.stderr.trim().split("\n").length, 1, refused.stderr);
      assert.match(refused.stderr, /BIOAGENT_URL/);
    }
    const doctor = await document(["doctor"]);
    assert.equal(doctor.code, 0);
    assert.match(JSON.stringify(doctor.json), /"name":"api","ok":true/);
  });

  test("notices, notify test and retry, and doctor tell how people are told there", async (t) => {
    const { document, remote, there } = await openApi(t);
    const run = await document([
      "run",
      "demo",
      "--samplesheet",
      "s.csv",
      "--output",
      `${there}/out`,
      "--wait",
    ]);
    assert.equal(run.code, 0, run.stderr);
    const id = run.json.run_id;
    const listed = await document(["notices", id]);
    assert.deepEqual(
      listed.json.notices.map((each: { channel: string; event: string }) => [each.channel, each.event]),
      [["console", "run.completed"]],
    );
    assert.match((await remote(["notices"])).stdout, /run\.completed +console +(sent|pending|sending)/);
    const tried = await document(["notify", "test", "console", "--event", "run.failed"]);
    assert.deepEqual([tried.code, tried.json.delivered], [0, true], tried.stderr);
    assert.equal((await remote(["notify", "test", "console"])).stdout, "channel console: delivered\n");
    const unknown = await remote(["notify", "test", "consol"]);
    assert.deepEqual(
      [unknown.code, unknown.stderr],
      [1, "bioagent: there is no channel consol; did you mean console?\n"],
    );
    assert.equal(
      (await remote(["notify", "retry", "--all-failed"])).stdout,
      "0 notices will be sent with the next tick\n",
    );
    const nothing = await remote(["notify", "retry", "nothing"]);
    assert.match(nothing.stderr, /^bioagent: no notice nothing was given up/);
    const shown = await remote(["notify", "preview", "--run", id]);
    assert.match(shown.stdout, /Status: ✅ 2\/2 succeeded/);
    const checks = (await document(["doctor"])).json.checks as { name: string; text: string }[];
    assert.match(checks.find(({ name }) => name === "notices")!.text, /\d to be delivered, 0 given up/);
    await seedStore(there, [{ channel: "console", recipient: "console", status: "failed", next_at: null }]);
    assert.equal(
      (await remote(["notify", "test", "console"])).stdout,
      "channel console: delivered\n1 notice given up meanwhile: bioagent notify retry --all-failed sends them again\n",
    );
  });

  test("BIOAGENT_TOKEN is presented; without it, or where nobody listens, the error says what to do", async (t) => {
    const { remote } = await openApi(t, { BIOAGENT_TOKEN: "abcdefghijklmnopqrstuvwxyz" });
    assert.equal((await remote(["list"])).code, 0);
    const wrong = await remote(["list"], { BIOAGENT_TOKEN: "zyxwvutsrqponmlkjihgfedcba" });
    assert.equal(wrong.code, 1);
    assert.match(wrong.stderr, /token/);
    const nobody = await remote(["list"], { BIOAGENT_URL: "http://127.0.0.1:1" });
    assert.equal(nobody.code, 1);
    assert.match(
      nobody.stderr,
      /^bioagent: GET \/v1\/runs at 127\.0\.0\.1:1: no connection .*; is BIOAGENT_URL right/,
    );
  });
});
