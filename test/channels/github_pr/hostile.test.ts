import assert from "node:assert/strict";
import { test } from "node:test";
import { runMark } from "../../../src/channels/github_pr/names.ts";
import { HOSTILE_LINES, message } from "../notice-stories.ts";
import { outsideCode } from "./code-spans.ts";
import { blockIn, fileAt, github, Outbox, openOn } from "./rig.ts";
import { BRANCH, FILE, RUN, TrackedRun } from "./tracked-run.ts";

const LINES = [
  ...HOSTILE_LINES,
  "@team @org/team fixes #123 GH-4 owner/repo#5 deadbeef :tada:",
  `<!-- bioagent:${RUN}:end -->`,
  `x\n<!-- bioagent:${RUN}:start -->\n## forged | cell | \\| \\`,
  "``` | ` | `` [a](https://evil.example) <img src=x onerror=y> </details> www.evil.example",
];

/** Everything that other people's text may do outside of code: nothing of it may stand there. */
const HARM = /@\w|#\d|GH-\d|https?:|www\.|:\w+:|<(?!!-- bioagent)|\]\(|forged|evil|\*bold/;

for (const [at, line] of LINES.entries()) {
  test(`hostile text ${at} in names, reasons, metrics and labels is code wherever it stands`, async (t) => {
    const server = await github(t);
    const run = new TrackedRun();
    run.finish();
    const { scene } = run;
    scene.run = {
      ...scene.run,
      description: line,
      pipeline: line,
      stopping: { reason: line, since: scene.now, action: "cancel" },
    };
    for (const [key, job] of scene.jobs) {
      const decision = job.decision && { ...job.decision, reasoning: line };
      scene.jobs.set(key, {
        ...job,
        key: key === "qc-s1" ? line : job.key,
        error: line,
        decision,
        metrics: { [line]: line },
      });
    }
    await new Outbox(openOn(server)).delivered(run.message("run.completed"));
    const text = fileAt(server, BRANCH, FILE);
    const { body, title } = server.state.pulls[0]!;
    for (const markdown of [text, body!, server.state.comments[0]!.body]) {
      assert.doesNotMatch(outsideCode(markdown), HARM);
      assert.ok(markdown.isWellFormed());
    }
    assert.doesNotMatch(title, /@\w|#\d/);
    assert.equal(text.match(/^<!-- bioagent:.*:end -->$/gm)!.length, 1);
    // Every row of the jobs and of the failure report has as many cells as its head, whatever is in them.
    const cells = text
      .split("\n")
      .filter((row) => row.startsWith("|"))
      .map((row) => row.split("|").length);
    const [jobs, reported] = [cells.slice(0, 8), cells.slice(8)];
    assert.deepEqual([new Set(jobs), new Set(reported)], [new Set([8]), new Set([9])]);
    for (const commit of server.repository.messages("main", BRANCH))
      assert.match(commit, /^results: [\w-]+ \w+$/);
    const head = server.repository.head(BRANCH);
    await new Outbox(openOn(server)).delivered(run.message("run.completed"));
    assert.equal(server.repository.head(BRANCH), head, "the region is found again as it was written");
    assert.equal(server.state.pulls[0]!.body, body);
  });

  test(`hostile text ${at} in a notice is the same block in body and comment`, async (t) => {
    const server = await github(t);
    const facts = {
      run_id: `r${line}`,
      name: line,
      executor: line,
      details: [line, "next"],
      status_line: line,
      output: line,
      pipeline: line,
      description: line,
    };
    await new Outbox(openOn(server)).delivered(message("run.completed", facts));
    const { body } = server.state.pulls[0]!;
    const [comment] = server.state.comments;
    assert.equal(blockIn(body!), blockIn(comment!.body));
    assert.doesNotMatch(outsideCode(body!), HARM);
    assert.doesNotMatch(outsideCode(comment!.body), HARM);
    const { head } = server.state.pulls[0]!;
    const file = `results/${runMark({ run_id: `r${line}`, name: line }).id}/results.md`;
    assert.doesNotMatch(outsideCode(fileAt(server, head, file)), HARM);
  });
}
