import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { fileAt, github, Outbox, openOn } from "./rig.ts";
import { BRANCH, FILE, RUN, TrackedRun } from "./tracked-run.ts";

const rowOf = (text: string, key: string): string[] => {
  const row = text.split("\n").find((line) => line.startsWith(`| \`${key}\` |`));
  assert.ok(row, `no row of ${key} in\n${text}`);
  return row
    .split("|")
    .slice(2, -1)
    .map((cell) => cell.trim());
};

test("a run is shown from its start to its end: branch, table, pull request, one comment", async (t) => {
  const server = await github(t);
  const run = new TrackedRun();
  const outbox = new Outbox(openOn(server));

  await outbox.delivered(run.message("run.started"));
  const [pull] = server.state.pulls;
  assert.deepEqual(server.repository.branches(), ["main", BRANCH]);
  assert.equal(pull!.title, `Results: castle-river-mountain-forest (${RUN})`);
  for (const heading of ["Summary", "Status", "Metrics to collect", "Test plan"])
    assert.match(pull!.body!, new RegExp(`^## ${heading}$`, "m"));
  assert.match(pull!.body!, /^Jobs are PENDING \/ RUNNING\. Results will be updated in this PR\.$/m);
  assert.match(pull!.body!, /^- \[ \] Job `align-s3` completes successfully$/m);
  assert.match(pull!.body!, /^- `qc\/\{sample\}\.json` of step `qc`$/m);
  assert.deepEqual(rowOf(fileAt(server, BRANCH, FILE), "qc-s1"), ["PENDING", "–", "–", "–", "PENDING"]);
  assert.equal(fileAt(server, BRANCH, FILE).match(/\| PENDING \|/g)!.length, 12);

  run.pass({ "qc-s1": 0 });
  await outbox.delivered(run.message("run.progress"));
  assert.equal(rowOf(fileAt(server, BRANCH, FILE), "qc-s1")[0], "SUCCEEDED");
  assert.match(server.state.pulls[0]!.body!, /^- \[x\] Job `qc-s1` completes successfully$/m);
  assert.equal(server.state.comments.length, 0);

  run.pass({ "qc-s2": 0, "qc-s3": 0 });
  run.pass({ "align-s1": 0, "align-s2": 3, "align-s3": 0 });
  run.pass({ "align-s2": 3 });
  await outbox.delivered(run.message("run.completed"));
  const text = fileAt(server, BRANCH, FILE);
  assert.deepEqual(rowOf(text, "qc-s1"), ["SUCCEEDED", "1", "0", "–", "`reads=1000` `gc.mean=41.5`"]);
  assert.deepEqual(rowOf(text, "align-s2").slice(0, 3), ["SKIPPED", "2", "3"]);
  assert.doesNotMatch(text, /PENDING/);
  assert.match(text, /^### Discussion$/m);
  assert.match(text, /^- `align-s2` SKIPPED \(app\) after 2 attempts: `.*exit code 3.*`$/im);
  assert.match(text, /^- Retries by failure class: `1 app`$/m);
  assert.equal(server.state.pulls.length, 1);
  assert.match(pull!.title, /: ✅ 2\/3 succeeded, ⏭ 1 skipped$/);
  assert.match(pull!.body!, /^- \[ \] Job `align-s2` completes successfully$/m);
  assert.match(pull!.body!, /^- \[x\] Results tables updated with actual metrics$/m);
  assert.match(pull!.body!, /^- \[x\] Discussion section filled in$/m);
  assert.equal(server.state.comments.length, 1);
  assert.deepEqual(server.repository.messages("main", BRANCH), [
    `results: ${RUN} started [skip ci]`,
    `results: ${RUN} 1 of 6 jobs ended [skip ci]`,
    `results: ${RUN} completed`,
  ]);
  assert.deepEqual(outbox.kept, {
    repo: "lab/results",
    pr: 1,
    url: "https://github.com/lab/results/pull/1",
    branch: BRANCH,
    closed: false,
    commit: server.repository.head(BRANCH),
  });
});

test("whoever clones the repository finds the table, and main untouched", async (t) => {
  const server = await github(t);
  const run = new TrackedRun();
  run.finish();
  await new Outbox(openOn(server)).delivered(run.message("run.completed"));
  const folder = mkdtempSync(path.join(tmpdir(), "bioagent-clone-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  execFileSync("git", ["clone", "--quiet", "--branch", BRANCH, server.repository.folder, folder]);
  assert.match(readFileSync(path.join(folder, FILE), "utf8"), /SUCCEEDED/);
  assert.equal(readFileSync(path.join(folder, "README.md"), "utf8"), "# Results of the lab\n");
  assert.equal(server.repository.ahead(BRANCH, "main"), 0);
  execFileSync("git", ["-C", folder, "fsck", "--strict"], { stdio: "ignore" });
});

test("nothing is written when nothing has changed", async (t) => {
  const server = await github(t);
  const run = new TrackedRun();
  const outbox = new Outbox(openOn(server));
  await outbox.delivered(run.message("run.started"));
  const before = server.received.length;
  await outbox.delivered(run.message("run.progress"));
  assert.deepEqual(
    server.received.slice(before).map(({ id }) => id),
    ["pulls/get", "git/get-ref", "repos/get-content"],
  );
});

test("each notice makes at most five requests that write, an update two", async (t) => {
  const server = await github(t);
  const run = new TrackedRun();
  const outbox = new Outbox(openOn(server));
  const writes = () => server.received.filter(({ id }) => !/get|list/.test(id)).length;
  await outbox.delivered(run.message("run.started"));
  assert.equal(writes(), 4);
  run.pass({ "qc-s1": 0 });
  await outbox.delivered(run.message("run.progress"));
  assert.equal(writes(), 6);
  run.pass({ "qc-s2": 0, "qc-s3": 0 });
  run.pass({ "align-s1": 0, "align-s2": 3, "align-s3": 0 });
  run.pass({ "align-s2": 3 });
  await outbox.delivered(run.message("run.completed"));
  assert.equal(writes(), 9);
});

test("a failed run ends in a failure report with what was tried", async (t) => {
  const server = await github(t);
  const run = new TrackedRun();
  run.pass({ "qc-s1": 4, "qc-s2": 4, "qc-s3": 4 });
  run.pass({ "qc-s1": 4, "qc-s2": 4, "qc-s3": 4 });
  assert.equal(run.scene.run.status, "failed");
  await new Outbox(openOn(server)).delivered(run.message("run.failed"));
  const text = fileAt(server, BRANCH, FILE);
  assert.match(text, /^### Failure report$/m);
  assert.match(text, /^\| `qc-s1` \| 1 \| FAILED \| app \| 4 \|/m);
  assert.match(text, /^- 1 job was skipped, because a job before did not succeed$/m);
  assert.match(text, /^- 2 jobs were cancelled before they ended$/m);
  assert.match(text, /^- Aborted: `3 of 3 samples used up their attempts in step qc .*`$/m);
  assert.match(server.state.pulls[0]!.title, / failed: ✅ 0\/3 succeeded/);
  assert.match(server.state.comments[0]!.body, /BioAgent Run Failed/);
  assert.equal(server.repository.messages("main", BRANCH).at(-1), `results: ${RUN} failed`);
});

test("a retried run goes on in its pull request, and its second end has a comment of its own", async (t) => {
  const server = await github(t);
  const run = new TrackedRun();
  const outbox = new Outbox(openOn(server));
  run.finish();
  await outbox.delivered(run.message("run.completed"));
  const { run: ended } = run.scene;
  run.scene.run = { ...ended, round: 2, status: "running", outcome: null, completed_at: null };
  await outbox.delivered(run.message("run.started"));
  assert.equal(server.state.pulls[0]!.title, `Results: castle-river-mountain-forest (${RUN})`);
  assert.doesNotMatch(fileAt(server, BRANCH, FILE), /Discussion/);
  assert.match(server.state.pulls[0]!.body!, /- \[ \] Discussion section filled in/);
  assert.equal(server.state.comments.length, 1);
  run.scene.run = { ...ended, round: 2 };
  await outbox.delivered(run.message("run.completed"));
  await outbox.delivered(run.message("run.completed"));
  assert.equal(server.state.pulls.length, 1);
  assert.deepEqual(
    server.state.comments.map(({ body }) => body.split("\n")[0]),
    [`<!-- bioagent:${RUN}:told:1 -->`, `<!-- bioagent:${RUN}:told:2 -->`],
  );
});

test("a late notice of progress leaves the end as it is told, without a request", async (t) => {
  const server = await github(t);
  const run = new TrackedRun();
  const outbox = new Outbox(openOn(server));
  await outbox.delivered(run.message("run.started"));
  const before = server.received.length;
  run.finish();
  await outbox.delivered(run.message("run.progress"));
  assert.equal(server.received.length, before);
});

test("a start that was never told is not told by the run's end alone: the pull request is made, or it is tried again", async (t) => {
  const server = await github(t);
  const run = new TrackedRun();
  run.finish();
  const away = async (): Promise<never> => {
    throw Object.assign(new Error("no"), { code: "ECONNREFUSED" });
  };
  for (const event of ["run.started", "run.progress"] as const) {
    const outcome = await new Outbox(openOn(server, { fetch: away })).tell(run.message(event));
    assert.equal(outcome.kind, "rejected");
  }
  const outbox = new Outbox(openOn(server));
  await outbox.delivered(run.message("run.started"));
  assert.match(server.state.pulls[0]!.title, /✅ 2\/3 succeeded/);
  assert.equal(server.state.comments.length, 0, "the end has a notice of its own");
  await outbox.delivered(run.message("run.completed"));
  assert.deepEqual([server.state.pulls.length, server.state.comments.length], [1, 1]);
});

test("a document named in the settings gets a marked table; the rest stays byte for byte", async (t) => {
  const server = await github(t);
  const document = "\ufeff# Köln screen\r\n\r\ntext without an end of line \u00e9";
  server.repository.push("main", "docs/screen.md", document);
  const run = new TrackedRun({ labels: { experiment: "screen" } });
  const outbox = new Outbox(openOn(server, { settings: { document: "docs/{label:experiment}.md" } }));
  await outbox.delivered(run.message("run.started"));
  assert.ok(
    fileAt(server, BRANCH, "docs/screen.md").startsWith(`${document}\n\n<!-- bioagent:${RUN}:start -->\n`),
  );
  server.repository.push(
    BRANCH,
    "docs/screen.md",
    `${fileAt(server, BRANCH, "docs/screen.md")}\r\nafter it\r\n`,
  );
  run.pass({ "qc-s1": 0 });
  await outbox.delivered(run.message("run.progress"));
  const text = fileAt(server, BRANCH, "docs/screen.md");
  assert.equal(rowOf(text, "qc-s1")[0], "SUCCEEDED");
  assert.ok(text.startsWith(document));
  assert.ok(text.endsWith(`<!-- bioagent:${RUN}:end -->\n\r\nafter it\r\n`));
  assert.equal(text.match(/:start -->/g)!.length, 1);
});

test("two runs share a document, each with its own part", async (t) => {
  const server = await github(t);
  const one = new TrackedRun();
  await new Outbox(openOn(server, { settings: { document: "docs/{pipeline}.md" } })).delivered(
    one.message("run.started"),
  );
  server.repository.move("main", server.repository.head("main"), server.repository.head(BRANCH));
  const other = new TrackedRun({ name: "another-name" });
  other.scene.run = { ...other.scene.run, run_id: "2026-02-27_p_002" };
  await new Outbox(openOn(server, { settings: { document: "docs/{pipeline}.md" } })).delivered(
    other.message("run.started"),
  );
  const text = fileAt(server, "results/p-2026-02-27-002", "docs/p.md");
  assert.match(text, /bioagent:2026-02-27_p_001:end[\s\S]*bioagent:2026-02-27_p_002:start/);
});

test("a run without the label that the document's name needs gets a file of its own", async (t) => {
  const server = await github(t);
  const channel = openOn(server, { settings: { document: "docs/{label:experiment}.md" } });
  await new Outbox(channel).delivered(new TrackedRun().message("run.started"));
  assert.match(fileAt(server, BRANCH, FILE), /PENDING/);
});

test("a label cannot lead out of the folder", async (t) => {
  const server = await github(t);
  const channel = openOn(server, { settings: { document: "docs/{label:experiment}.md" } });
  const run = new TrackedRun({ labels: { experiment: "../.github/workflows/x" } });
  await new Outbox(channel).delivered(run.message("run.started"));
  assert.match(server.state.pulls[0]!.body!, /Results table: `docs\/github-workflows-x-[0-9a-f]{8}\.md`/);
});

for (const [what, change, words] of [
  ["is a folder", "docs/p.md/x.md", /is no file/],
  ["is not UTF-8", Buffer.from([0x23, 0xe9, 0x0a]), /not UTF-8/],
  ["is too large to be read", "x".repeat(2 ** 20 + 1), /larger than 1 MiB/],
] as const) {
  test(`a document that ${what} is refused with the remedy, and left alone`, async (t) => {
    const server = await github(t);
    const isPath = typeof change === "string" && change.startsWith("docs/");
    server.repository.push("main", isPath ? change : "docs/p.md", isPath ? "x" : change);
    const outbox = new Outbox(openOn(server, { settings: { document: "docs/{pipeline}.md" } }));
    const delivery = await outbox.tell(new TrackedRun().message("run.started"));
    assert.partialDeepStrictEqual(delivery, { kind: "permanent", disable: false });
    assert.match((delivery as { reason: string }).reason, words);
    assert.deepEqual(server.repository.branches(), ["main"]);
  });
}

test("a run of ten thousand jobs stays within GitHub's limits, failures first", async (t) => {
  const server = await github(t);
  const samples = Array.from({ length: 5_000 }, (_, at) => `sample${String(at).padStart(4, "0")}`);
  const run = new TrackedRun({ samples });
  const key = "align-sample4999";
  const failed = { ...run.scene.job(key), status: "failed" as const, exhausted: true, error: "no space" };
  run.scene.jobs.set(key, failed);
  run.scene.run = {
    ...run.scene.run,
    status: "completed",
    outcome: "some_failed",
    completed_at: run.scene.now,
  };
  await new Outbox(openOn(server)).delivered(run.message("run.completed"));
  const text = fileAt(server, BRANCH, FILE);
  assert.ok(Buffer.byteLength(text) < 300_000);
  assert.equal(
    text
      .split("\n")
      .find((line) => /^\| `(?:qc|align)-/.test(line))!
      .split("|")[1]!
      .trim(),
    `\`${key}\``,
  );
  assert.match(text, /^\| `qc` \| 5000 \|/m);
  assert.match(text, /^… and \d{4} more jobs, counted above\.$/m);
  assert.match(text, /^- `align-sample4999` FAILED after 0 attempts: `no space`$/m);
  const { body } = server.state.pulls[0]!;
  assert.ok(body!.length < 20_000);
  assert.match(body!, /- \[ \] All 5000 jobs of `qc` complete successfully/);
});

test("a test message has a branch and a pull request of its own", async (t) => {
  const server = await github(t);
  const run = new TrackedRun();
  await new Outbox(openOn(server)).delivered(run.message("run.completed", { test: true }));
  assert.match(server.state.pulls[0]!.head, /^results\/test-[0-9a-f]{8}$/);
  assert.match(server.state.pulls[0]!.title, /\(test message\)$/);
});
