import assert from "node:assert/strict";
import { test } from "node:test";
import { fileAt, github, Outbox, openOn } from "./rig.ts";
import { BRANCH, FILE, RUN, TrackedRun } from "./tracked-run.ts";

const SECOND = `${BRANCH}-r2`;

/** A run whose first round has ended and was told. */
async function ended(t: Parameters<typeof github>[0]) {
  const server = await github(t);
  const run = new TrackedRun();
  run.finish();
  const outbox = new Outbox(openOn(server));
  await outbox.delivered(run.message("run.completed"));
  const { run: first } = run.scene;
  const reopen = (round: number): void => {
    run.scene.run = { ...first, round, status: "running", outcome: null, completed_at: null };
  };
  const endAgain = (round: number): void => {
    run.scene.run = { ...first, round };
  };
  return { server, run, outbox, reopen, endAgain };
}

type Server = Awaited<ReturnType<typeof github>>;

/** As GitHub's button does it. */
function merge({ repository, state }: Server, branch: string): void {
  const head = repository.head(branch);
  repository.move("main", repository.head("main"), head);
  repository.move(branch, head, null);
  state.pulls.find((pull) => pull.head === branch)!.state = "closed";
}

for (const memory of ["kept", "lost"]) {
  test(`a run retried after its pull request was merged gets one for the new round; what it knew is ${memory}`, async (t) => {
    const { server, run, outbox, reopen, endAgain } = await ended(t);
    const asked = (): Outbox => (memory === "kept" ? outbox : new Outbox(openOn(server)));
    merge(server, BRANCH);
    reopen(2);
    await asked().delivered(run.message("run.started"));
    await asked().delivered(run.message("run.progress"));
    assert.deepEqual(server.repository.branches(), ["main", SECOND]);
    assert.deepEqual(
      server.state.pulls.map(({ head, state }) => [head, state]),
      [
        [BRANCH, "closed"],
        [SECOND, "open"],
      ],
    );
    assert.match(server.state.pulls[1]!.body!, /^- Round 2: the run was retried$/m);
    assert.equal(
      fileAt(server, SECOND, FILE).match(/:start -->/g)!.length,
      1,
      "the merged table is replaced",
    );
    endAgain(2);
    await asked().delivered(run.message("run.completed"));
    await asked().delivered(run.message("run.completed"));
    assert.deepEqual(
      server.state.comments.map(({ pull }) => pull),
      [1, 2],
    );
    merge(server, SECOND);
    reopen(3);
    await asked().delivered(run.message("run.started"));
    assert.deepEqual(server.repository.branches(), ["main", `${BRANCH}-r3`]);
  });
}

test("a pull request that a person closes in the second round stays closed", async (t) => {
  const { server, run, outbox, reopen, endAgain } = await ended(t);
  reopen(2);
  await outbox.delivered(run.message("run.started"));
  server.state.pulls[0]!.state = "closed";
  await outbox.delivered(run.message("run.progress"));
  endAgain(2);
  await outbox.delivered(run.message("run.completed"));
  assert.equal(server.state.pulls.length, 1);
  assert.deepEqual(
    server.state.comments.map(({ body }) => body.split("\n")[0]),
    [`<!-- bioagent:${RUN}:told:1 -->`, `<!-- bioagent:${RUN}:told:2 -->`],
  );
});

test("a second round broken off before its pull request was made goes on with its branch", async (t) => {
  const { server, run, outbox, reopen } = await ended(t);
  server.state.pulls[0]!.state = "closed";
  reopen(2);
  server.script("pulls/create", { status: 502 });
  assert.equal((await outbox.tell(run.message("run.started"))).kind, "rejected");
  await outbox.delivered(run.message("run.started"));
  assert.deepEqual(server.repository.branches(), ["main", BRANCH, SECOND]);
  assert.equal(server.state.pulls.length, 2);
  assert.equal(server.repository.ahead("main", SECOND), 1);
});

test("an end of the first round that comes late does not open a pull request for the second", async (t) => {
  const { server, run, outbox, reopen } = await ended(t);
  const late = run.message("run.completed");
  server.state.pulls[0]!.state = "closed";
  server.state.comments.length = 0;
  reopen(2);
  await outbox.delivered({ ...late, round: 1 });
  assert.equal(server.state.pulls.length, 1);
  assert.match(server.state.comments[0]!.body, /told:1/);
});
