import assert from "node:assert/strict";
import { test } from "node:test";
import { fileAt, github, Outbox, openOn } from "./rig.ts";
import { BRANCH, FILE, RUN, TrackedRun } from "./tracked-run.ts";

async function started(t: Parameters<typeof github>[0]) {
  const server = await github(t);
  const run = new TrackedRun();
  const outbox = new Outbox(openOn(server));
  await outbox.delivered(run.message("run.started"));
  return { server, run, outbox, pull: server.state.pulls[0]! };
}

const END = `<!-- bioagent:${RUN}:end -->`;

test("what people write around our part of the body stays, also with the web form's line ends", async (t) => {
  const { run, outbox, pull } = await started(t);
  pull.body = `Dear all\r\n\r\n${pull.body!.replaceAll("\n", "\r\n")}\r\nSee you on Monday, @team\r\n`;
  run.finish();
  await outbox.delivered(run.message("run.completed"));
  assert.ok(pull.body!.startsWith("Dear all\r\n\r\n<!-- bioagent:"));
  assert.ok(pull.body!.endsWith(`${END}\r\n\r\nSee you on Monday, @team\r\n`));
  assert.match(pull.body!, /\[x\] Discussion section filled in/);
  assert.equal(pull.body!.match(/## Status/g)!.length, 1);
});

test("the web form's line ends alone are no change", async (t) => {
  const { server, run, outbox, pull } = await started(t);
  pull.body = pull.body!.replaceAll("\n", "\r\n");
  await outbox.delivered(run.message("run.progress"));
  assert.ok(server.received.every(({ id }) => id !== "pulls/update"));
});

test("a title that a person chose stays theirs, at every update", async (t) => {
  const { run, outbox, pull } = await started(t);
  pull.title = "Our great screen";
  run.pass({ "qc-s1": 0 });
  await outbox.delivered(run.message("run.progress"));
  run.pass({ "qc-s2": 0, "qc-s3": 0 });
  run.pass({ "align-s1": 0, "align-s2": 0, "align-s3": 0 });
  await outbox.delivered(run.message("run.completed"));
  assert.equal(pull.title, "Our great screen");
});

test("a body out of which a person took our part is left alone; file and comment still tell", async (t) => {
  const { server, run, outbox, pull } = await started(t);
  pull.body = "Only mine";
  run.finish();
  await outbox.delivered(run.message("run.completed"));
  assert.equal(pull.body, "Only mine");
  assert.match(fileAt(server, BRANCH, FILE), /SUCCEEDED/);
  assert.equal(server.state.comments.length, 1);
});

test("a body that people have filled gets the short form, and never more than GitHub takes", async (t) => {
  const { run, outbox, pull } = await started(t);
  const own = "x".repeat(65_536 - 1_000);
  pull.body = `${own}\n${pull.body!.slice(0, 0)}<!-- bioagent:${RUN}:start -->\n<!-- bioagent:${RUN}:name:castle-river-mountain-forest -->\n${END}`;
  run.finish();
  await outbox.delivered(run.message("run.completed"));
  assert.ok(pull.body!.startsWith(own));
  assert.ok(pull.body!.length <= 65_536);
  assert.match(pull.body!, /## Status/);
  assert.doesNotMatch(pull.body!, /## Test plan/);
});

test("commits of people on the branch stay, and ours come on top", async (t) => {
  const { server, run, outbox } = await started(t);
  const theirs = server.repository.push(BRANCH, "notes.md", "mine");
  server.repository.push(BRANCH, FILE, `Above\n\n${fileAt(server, BRANCH, FILE)}\nBelow\n`);
  run.pass({ "qc-s1": 0 });
  await outbox.delivered(run.message("run.progress"));
  const text = fileAt(server, BRANCH, FILE);
  assert.ok(text.startsWith("Above\n\n# Results"));
  assert.ok(text.endsWith("\n\nBelow\n"));
  assert.match(text, /\| `qc-s1` \| SUCCEEDED/);
  assert.equal(fileAt(server, BRANCH, "notes.md"), "mine");
  assert.ok(server.repository.messages("main", BRANCH).includes("by hand"));
  assert.ok(server.repository.has(theirs));
});

test("a person who pushes between our look and our write is not overwritten", async (t) => {
  const { server, run, outbox } = await started(t);
  run.pass({ "qc-s1": 0 });
  server.before("repos/create-or-update-file-contents", () => {
    server.repository.push(BRANCH, FILE, `${fileAt(server, BRANCH, FILE)}\nin the last moment\n`);
  });
  await outbox.delivered(run.message("run.progress"));
  const text = fileAt(server, BRANCH, FILE);
  assert.match(text, /in the last moment/);
  assert.match(text, /\| `qc-s1` \| SUCCEEDED/);
});

test("people who push again and again are waited for, and nothing of theirs is lost", async (t) => {
  const { server, run, outbox } = await started(t);
  run.pass({ "qc-s1": 0 });
  for (let at = 0; at < 4; at++) {
    server.before("repos/create-or-update-file-contents", () => {
      server.repository.push(BRANCH, FILE, `${fileAt(server, BRANCH, FILE)}\nline ${at}\n`);
    });
  }
  const delivery = await outbox.tell(run.message("run.progress"));
  assert.partialDeepStrictEqual(delivery, { kind: "rejected", after_seconds: null });
  await outbox.delivered(run.message("run.progress"));
  for (let at = 0; at < 4; at++) assert.match(fileAt(server, BRANCH, FILE), new RegExp(`^line ${at}$`, "m"));
});

test("a deleted results file comes back with the next change", async (t) => {
  const { server, run, outbox } = await started(t);
  const { repository } = server;
  const bare = repository.treeOf(repository.head("main")!)!;
  repository.move(
    BRANCH,
    repository.head(BRANCH),
    repository.commit(bare, [repository.head(BRANCH)!], "away"),
  );
  await outbox.delivered(run.message("run.progress"));
  assert.match(fileAt(server, BRANCH, FILE), /PENDING/);
});

for (const how of ["closed", "merged, its branch deleted"]) {
  test(`a pull request that a person ${how} is not touched, not opened again, and not made anew; one comment tells the end`, async (t) => {
    const { server, run, outbox, pull } = await started(t);
    const head = server.repository.head(BRANCH);
    if (how === "closed") pull.state = "closed";
    else server.repository.move(BRANCH, head, null);
    const body = pull.body;
    run.pass({ "qc-s1": 0 });
    await outbox.delivered(run.message("run.progress"));
    assert.equal(outbox.kept["closed"], true);
    const asked = server.received.length;
    await outbox.delivered(run.message("run.progress"));
    assert.equal(server.received.length, asked, "progress of a closed one asks nothing");
    run.pass({ "qc-s2": 0, "qc-s3": 0 });
    run.pass({ "align-s1": 0, "align-s2": 0, "align-s3": 0 });
    await outbox.delivered(run.message("run.completed"));
    // Also when nothing was kept.
    await new Outbox(openOn(server)).delivered(run.message("run.completed"));
    assert.equal(server.repository.head(BRANCH), how === "closed" ? head : null);
    assert.deepEqual(server.state.pulls, [{ ...pull, state: "closed", body }]);
    assert.equal(server.state.comments.length, 1);
    assert.match(
      server.state.comments[0]!.body,
      /was closed before its results table could be brought up to date/,
    );
  });
}

test("a pull request that a person opened again is told the end", async (t) => {
  const { server, run, outbox, pull } = await started(t);
  pull.state = "closed";
  await outbox.delivered(run.message("run.progress"));
  pull.state = "open";
  run.finish();
  await outbox.delivered(run.message("run.completed"));
  assert.equal(outbox.kept["closed"], false);
  assert.equal(server.state.comments.length, 1);
});

test("a start, a progress and an end told at once by three processes make one of everything", async (t) => {
  const server = await github(t);
  const beginning = new TrackedRun();
  const finished = new TrackedRun();
  finished.finish();
  const deliveries = await Promise.all([
    openOn(server).deliver(beginning.message("run.started"), "results"),
    openOn(server).deliver(beginning.message("run.progress"), "results"),
    openOn(server).deliver(finished.message("run.completed"), "results"),
  ]);
  assert.ok(deliveries.every(({ kind }) => kind === "delivered" || kind === "rejected"));
  await openOn(server).deliver(finished.message("run.completed"), "results");
  assert.equal(server.state.pulls.length, 1);
  assert.equal(server.state.comments.length, 1);
  assert.match(fileAt(server, BRANCH, FILE), /Discussion/);
  assert.match(server.state.pulls[0]!.title, /2\/3 succeeded/);
});

test("a delivery that is overtaken by a later one does not put the older state back", async (t) => {
  const server = await github(t);
  const beginning = new TrackedRun();
  const finished = new TrackedRun();
  finished.finish();
  finished.scene.run = { ...finished.scene.run, rev: 7 };
  await new Outbox(openOn(server)).delivered(finished.message("run.completed"));
  const [text, body] = [fileAt(server, BRANCH, FILE), server.state.pulls[0]!.body];
  await new Outbox(openOn(server)).delivered(beginning.message("run.progress"));
  assert.equal(fileAt(server, BRANCH, FILE), text);
  assert.equal(server.state.pulls[0]!.body, body);
});

test("a run that was saved again without news makes no commit", async (t) => {
  const { server, run, outbox } = await started(t);
  run.scene.run = { ...run.scene.run, rev: run.scene.run.rev + 1 };
  await outbox.delivered(run.message("run.progress"));
  assert.equal(server.repository.ahead("main", BRANCH), 1);
});

test("a run of the same id out of another store does not take the branch over", async (t) => {
  const { server } = await started(t);
  const other = new TrackedRun({ name: "lamp-stone-bird-hill" });
  const delivery = await new Outbox(openOn(server)).tell(other.message("run.started"));
  assert.partialDeepStrictEqual(delivery, { kind: "permanent", disable: false });
  assert.match((delivery as { reason: string }).reason, /is not this run's.*each store/);
  assert.match(fileAt(server, BRANCH, FILE), /name:castle-river-mountain-forest/);
});

test("a comment of ours is found behind hundreds of others, and a quotation of it is none", async (t) => {
  const { server, run, outbox } = await started(t);
  const marker = `<!-- bioagent:${RUN}:told:1 -->`;
  for (let at = 0; at < 230; at++)
    server.state.comments.push({ pull: 1, body: `> ${marker} ${at}`, login: "ada" });
  run.finish();
  await outbox.delivered(run.message("run.completed"));
  assert.equal(server.state.comments.length, 231);
  for (let at = 0; at < 30; at++) server.state.comments.push({ pull: 1, body: "thanks", login: "ada" });
  await outbox.delivered(run.message("run.completed"));
  assert.equal(server.state.comments.length, 261);
});

test("an open pull request is found also where GitHub's filter by branch finds nothing", async (t) => {
  const { server, run } = await started(t);
  run.finish();
  server.script("pulls/list", { status: 200, body: [] });
  await new Outbox(openOn(server)).delivered(run.message("run.completed"));
  assert.equal(server.state.pulls.length, 1);
  assert.equal(server.received.filter(({ id }) => id === "pulls/create").length, 2);
  assert.match(server.state.pulls[0]!.title, /2\/3 succeeded/);
  assert.equal(server.state.comments.length, 1);
});

for (const [what, status, words, expected] of [
  [
    "a rule against the update",
    409,
    "Repository rule violations found\n\nRequired status check",
    "permanent",
  ],
  ["a token that has lost its right to write", 404, "Not Found", "permanent"],
  ["a file that is always another's", 409, "results.md does not match 0000", "rejected"],
] as const) {
  test(`${what}: ${expected}`, async (t) => {
    const { server, run } = await started(t);
    const body = { message: words, documentation_url: "https://docs.github.com/rest" };
    server.script("repos/create-or-update-file-contents", ...Array(4).fill({ status, body }));
    run.pass({ "qc-s1": 0 });
    const delivery = await new Outbox(openOn(server)).tell(run.message("run.progress"));
    assert.equal(delivery.kind, expected);
    const tries = server.received.filter(({ id }) => id === "repos/create-or-update-file-contents").length;
    assert.equal(tries, what.startsWith("a rule") ? 1 : 4);
  });
}

test("what was found before a refusal is kept", async (t) => {
  const server = await github(t);
  const run = new TrackedRun();
  run.finish();
  server.script("issues/create-comment", { status: 503 });
  const outbox = new Outbox(openOn(server));
  assert.equal((await outbox.tell(run.message("run.completed"))).kind, "ambiguous");
  assert.equal(outbox.kept["pr"], 1);
  await outbox.delivered(run.message("run.completed", { possible_repeat: true }));
  assert.equal(server.state.comments.length, 1);
});

test("a person who took the run's name out of its part of the file does not stop it", async (t) => {
  const { server, run, outbox } = await started(t);
  const name = `<!-- bioagent:${RUN}:name:castle-river-mountain-forest -->\n`;
  server.repository.push(BRANCH, FILE, fileAt(server, BRANCH, FILE).replace(name, ""));
  run.pass({ "qc-s1": 0 });
  await outbox.delivered(run.message("run.progress"));
  const text = fileAt(server, BRANCH, FILE);
  assert.match(text, /\| `qc-s1` \| SUCCEEDED/);
  assert.equal(text.split(name).length, 2);
});

test("a stranger who comments with our marker cannot silence the end", async (t) => {
  const { server, run, outbox, pull } = await started(t);
  const { comments } = server.state;
  run.finish();
  comments.push({ pull: pull.number, body: `<!-- bioagent:${RUN}:told:1 -->`, login: "eve" });
  await outbox.delivered(run.message("run.completed"));
  await outbox.delivered(run.message("run.completed"));
  assert.equal(comments.length, 2);
  assert.match(comments[1]!.body, /BioAgent Run Complete/);
});

for (const lost of ["start", "end"]) {
  test(`a body that has lost our ${lost} marker does not say for ever that jobs are running`, async (t) => {
    const { run, outbox, pull } = await started(t);
    const damaged = pull.body!.replace(`<!-- bioagent:${RUN}:${lost} -->\n`, "");
    pull.body = damaged;
    run.finish();
    await outbox.delivered(run.message("run.completed"));
    assert.ok(pull.body.startsWith(damaged));
    const added = pull.body.slice(damaged.length);
    assert.match(added, /2\/3 succeeded/);
    await outbox.delivered(run.message("run.completed"));
    assert.equal(pull.body, damaged + added);
  });
}

test("a document that is nearly full gets the short form; one that our part would make unreadable is left alone", async (t) => {
  const server = await github(t);
  const samples = Array.from({ length: 300 }, (_, at) => `sample${at}`);
  const run = new TrackedRun({ samples });
  const outbox = new Outbox(openOn(server, { settings: { document: "docs/{pipeline}.md" } }));
  server.repository.push("main", "docs/p.md", "x".repeat(999_900));
  const refused = await outbox.tell(run.message("run.started"));
  assert.partialDeepStrictEqual(refused, { kind: "permanent", disable: false });
  assert.deepEqual(server.repository.branches(), ["main"]);
  server.repository.push("main", "docs/p.md", "x".repeat(990_000));
  await outbox.delivered(run.message("run.started"));
  const text = fileAt(server, BRANCH, "docs/p.md");
  assert.match(text, /^\| `qc` \| 300 \| 300 \|$/m);
  assert.doesNotMatch(text, /sample7/);
});

test("what a person writes into the body while the file is written stays", async (t) => {
  const { server, run, outbox, pull } = await started(t);
  run.pass({ "qc-s1": 0 });
  server.before("repos/create-or-update-file-contents", () => {
    pull.body = `In the last moment\n\n${pull.body}`;
  });
  await outbox.delivered(run.message("run.progress"));
  assert.match(pull.body!, /^In the last moment\n\n<!-- bioagent:/);
  assert.match(pull.body!, /- \[x\] Job `qc-s1`/);
});
