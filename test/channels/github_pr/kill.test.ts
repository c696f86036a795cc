import assert from "node:assert/strict";
import { test } from "node:test";
import { type GuardedFetch, guardedFetch } from "../../../src/channels/guarded-fetch.ts";
import { fileAt, github, openOn } from "./rig.ts";
import { BRANCH, FILE, RUN, TrackedRun } from "./tracked-run.ts";

const OPEN = guardedFetch({ allowPrivateUrls: true });

/** Dies at the n-th request: before it is made, or after it was done but before its answer is heard. */
function dyingAt(request: number, when: "before" | "after"): { fetch: GuardedFetch; made: () => number } {
  let made = 0;
  const fetch: GuardedFetch = async (url, init) => {
    made += 1;
    if (made > request) throw new Error("the dead ask nothing more");
    if (made === request && when === "before") throw new Error("killed");
    const response = await OPEN(url, init);
    if (made === request) throw new Error("killed");
    return response;
  };
  return { fetch, made: () => made };
}

const finished = new TrackedRun();
finished.finish();
const beginning = new TrackedRun();

/** Of a start and of an end without a start, each from nothing, the second with a pull request there. */
for (const event of ["run.started", "run.completed"] as const) {
  const run = event === "run.started" ? beginning : finished;
  for (const when of ["before", "after"] as const) {
    test(`killed ${when} any request of ${event}, the next delivery goes on: everything is there once`, async (t) => {
      for (let request = 1; ; request++) {
        const server = await github(t);
        const { fetch, made } = dyingAt(request, when);
        // What it kept dies with it.
        await openOn(server, { fetch }).deliver(run.message(event), "results");
        const isThrough = made() < request;
        const next = await openOn(server).deliver(run.message(event), "results");
        assert.equal(next.kind, "delivered", `request ${request}`);
        assert.deepEqual(server.repository.branches(), ["main", BRANCH]);
        assert.equal(server.state.pulls.length, 1, `request ${request}`);
        assert.equal(server.repository.ahead("main", BRANCH), 1, `request ${request}`);
        assert.equal(server.state.comments.length, event === "run.completed" ? 1 : 0, `request ${request}`);
        assert.match(fileAt(server, BRANCH, FILE), event === "run.completed" ? /Discussion/ : /PENDING/);
        await server.close();
        if (isThrough) return assert.ok(request > 7);
      }
    });
  }
}

test("killed at any request of an update, the next delivery goes on", async (t) => {
  for (const when of ["before", "after"] as const) {
    const server = await github(t);
    await openOn(server).deliver(beginning.message("run.started"), "results");
    const start = server.repository.head(BRANCH)!;
    const before = structuredClone(server.state.pulls);
    for (let request = 1; request <= 9; request++) {
      server.repository.move(BRANCH, server.repository.head(BRANCH), start);
      server.state.pulls.splice(0, 1, structuredClone(before[0]!));
      server.state.comments.length = 0;
      const { fetch } = dyingAt(request, when);
      await openOn(server, { fetch }).deliver(finished.message("run.completed"), "results");
      const next = await openOn(server).deliver(finished.message("run.completed"), "results");
      assert.equal(next.kind, "delivered");
      assert.equal(server.state.pulls.length, 1);
      assert.equal(server.state.comments.length, 1, `${when} request ${request}`);
      assert.equal(server.repository.ahead("main", BRANCH), 2);
      assert.match(server.state.pulls[0]!.title, /2\/3 succeeded/);
      assert.equal(fileAt(server, BRANCH, FILE).match(new RegExp(`${RUN}:start`, "g"))!.length, 1);
    }
    await server.close();
  }
});
