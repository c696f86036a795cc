import assert from "node:assert/strict";
import { test } from "node:test";
import { GithubPrConfig } from "../../../src/channels/github_pr/config.ts";
import { previewGithubPr } from "../../../src/channels/github_pr/preview.ts";
import { fileAt, github, Outbox, openOn } from "./rig.ts";
import { BRANCH, FILE, TrackedRun } from "./tracked-run.ts";

const CONFIG = GithubPrConfig.parse({ kind: "github_pr", repo: "lab/results", token: "preview" });

/** Without the lines that GitHub does not show. */
const visible = (text: string): string =>
  text
    .split("\n")
    .filter((line) => !line.startsWith("<!-- bioagent:"))
    .join("\n")
    .replace(/\n{3,}/g, "\n\n")
    .replace(/^\n+|\s+$/g, "");

test("the preview holds the pull request, the file and the comment as GitHub then shows them", async (t) => {
  const server = await github(t);
  const run = new TrackedRun();
  const outbox = new Outbox(openOn(server));
  for (const step of ["begun", "ended"] as const) {
    if (step === "ended") run.finish();
    const message = run.message(step === "begun" ? "run.started" : "run.completed");
    await outbox.delivered(message);
    const preview = await previewGithubPr(message, CONFIG);
    const [pull] = server.state.pulls;
    assert.equal(preview.form, "markdown");
    assert.equal(preview.title, pull!.title);
    assert.match(preview.text, new RegExp(`^\\[pull request from branch ${BRANCH}\\]$`, "m"));
    assert.match(preview.text, new RegExp(`^\\[file ${FILE}\\]$`, "m"));
    for (const part of [
      pull!.body!,
      fileAt(server, BRANCH, FILE),
      ...server.state.comments.map(({ body }) => body!),
    ])
      assert.ok(preview.text.includes(visible(part)), `not in the preview:\n${part}`);
    assert.doesNotMatch(preview.text, /<!--/);
  }
  assert.equal(server.state.comments.length, 1);
});

test("a document of people's is named as such, and only the run's part of it is shown", async () => {
  const run = new TrackedRun({ labels: { experiment: "p53" } });
  const config = { ...CONFIG, document: "docs/{label:experiment}.md" };
  const { text } = await previewGithubPr(run.message("run.started"), config);
  assert.match(text, /^\[file docs\/p53\.md, this part of it\]\n\n`2026-02-27_p_001`/m);
});
