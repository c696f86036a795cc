import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { claimNotices, reportOutcome } from "../../src/app/bridge.ts";
import { deliver } from "../../src/app/deliver.ts";
import { Conflict, type Deps, NotFound } from "../../src/app/deps.ts";
import type { ClaimedNotice } from "../../src/core/claimed-notice.ts";
import type { Notice } from "../../src/core/notice.ts";
import { NOTICE_EVENTS } from "../../src/core/run.ts";
import type { Channel, Delivery } from "../../src/ports.ts";
import { openMemoryStore } from "../sim/memory-store.ts";
import { monitorDeps } from "../sim/monitor.ts";
import { Processes } from "../sim/processes.ts";
import { World } from "../sim/world.ts";
import { aNotice, aStart } from "../support/documents.ts";

const RUN = "2026-02-27_rnaseq_001";
const delivered: Delivery = { kind: "delivered" };

/** A cloud whose channel `phone` is told by a bridge, and `lab` instead of it. */
class Cloud {
  readonly world = new World(() => ({ kind: "ok" }));
  readonly store = openMemoryStore();
  readonly told: string[] = [];
  readonly channels = new Map<string, Channel>();

  static async of(...notices: Partial<Notice>[]): Promise<Cloud> {
    const cloud = new Cloud();
    cloud.add("phone", { pulled: true, fallback: "lab" });
    cloud.add("lab", {});
    const at = cloud.world.now();
    const given = notices.map((fields, place) =>
      aNotice({
        id: `${RUN}~r1~n${place}~-~phone~phone`,
        channel: "phone",
        recipient: "phone",
        created_at: at,
        next_at: at,
        ...fields,
      }),
    );
    await cloud.store.start(aStart({}, {}, { notices: given }));
    return cloud;
  }

  add(name: string, traits: Partial<Channel>): void {
    const deliverHere = async (): Promise<Delivery> => {
      this.told.push(name);
      return delivered;
    };
    this.channels.set(name, {
      name,
      kind: "t",
      recipients: [name],
      paceMilliseconds: 0,
      deliver: deliverHere,
      ...traits,
    });
  }

  deps(store = this.store): Deps {
    return { ...monitorDeps(this.world, store), channels: this.channels };
  }

  claim(limit = 10): Promise<ClaimedNotice[]> {
    return claimNotices(this.deps(), { channel: "phone", limit, worker: "lab-mac" });
  }

  report({ id, rev }: Pick<ClaimedNotice, "id" | "rev">, outcome: Delivery): Promise<Notice> {
    return reportOutcome(this.deps(), id, { rev, outcome });
  }

  async notice(place = 0): Promise<Notice> {
    const found = await this.store.queryNotices({ channel: "phone", limit: 50 });
    return found.find(({ id }) => id.includes(`~n${place}~`))!;
  }
}

suite("a bridge fetches its channel's notices", () => {
  test("what is due is given once, with what the channel keeps, until its claim runs out", async () => {
    const cloud = await Cloud.of({});
    await cloud.store.updateThread({
      run_id: RUN,
      channel: "phone",
      recipients: { phone: { ended_round: 0, progress_at: null, kept: { tried_1: "then" } } },
      rev: 0,
    });
    const [given, ...rest] = await cloud.claim();
    assert.equal(rest.length, 0);
    assert.partialDeepStrictEqual(given, {
      event: "run.completed",
      recipient: "phone",
      round: 1,
      possible_repeat: false,
      kept: { tried_1: "then" },
    });
    const notice = await cloud.notice();
    assert.deepEqual([notice.status, notice.tries, notice.rev], ["sending", 1, given!.rev]);
    assert.equal(Date.parse(notice.next_at!) - Date.parse(cloud.world.now()), 240_000);
    assert.match(notice.error ?? "", /lab-mac/);
    assert.deepEqual(await cloud.claim(), []);
    cloud.world.pass(239);
    assert.deepEqual(await cloud.claim(), []);
    cloud.world.pass(1);
    const [again] = await cloud.claim();
    assert.deepEqual([again!.possible_repeat, again!.id], [true, given!.id]);
  });

  test("two bridges at once are given disjoint notices, and all of them", async () => {
    const cloud = await Cloud.of({}, {}, {});
    const processes = new Processes();
    const given: ClaimedNotice[][] = [];
    for (const name of ["one", "two"]) {
      const store = processes.wrap(name, cloud.store, ["updateNotice"]);
      processes.start(name, async () => {
        given.push(await claimNotices(cloud.deps(store), { channel: "phone", limit: 3, worker: name }));
      });
    }
    for (let ready = await processes.ready(); ready.length > 0; ready = await processes.ready())
      for (const name of ready) processes.step(name, "go");
    assert.deepEqual(processes.failures, []);
    const ids = given.flat().map(({ id }) => id);
    assert.equal(ids.length, 3);
    assert.equal(new Set(ids).size, 3);
  });

  test("so many as it wants, each claimed for as long as those before it may take; none for 0", async () => {
    const cloud = await Cloud.of({}, {}, {});
    assert.deepEqual(await cloud.claim(0), []);
    const given = await cloud.claim(2);
    const leases = given.map(
      ({ claimed_until }) => Date.parse(claimed_until) - Date.parse(cloud.world.now()),
    );
    assert.deepEqual(leases, [240_000, 480_000]);
    assert.equal((await cloud.claim()).length, 1);
  });

  test("a notice that deliver has put off, because no bridge had fetched it, is given at once", async () => {
    const cloud = await Cloud.of({});
    await deliver(cloud.deps(), { limit: 10 });
    assert.ok((await cloud.notice()).next_at! > cloud.world.now());
    assert.equal((await cloud.claim()).length, 1);
  });

  test("also what it had before and may try again; what waits for its next try is not given", async () => {
    const cloud = await Cloud.of({});
    const [first] = await cloud.claim();
    await cloud.report(first!, { kind: "rejected", reason: "the Mac slept", after_seconds: 100 });
    await deliver(cloud.deps(), { limit: 10 });
    assert.deepEqual(await cloud.claim(), []);
    cloud.world.pass(100);
    await deliver(cloud.deps(), { limit: 10 });
    assert.equal((await cloud.claim()).length, 1);
    cloud.world.pass(240);
    await deliver(cloud.deps(), { limit: 10 });
    const [afterClaim] = await cloud.claim();
    assert.equal(afterClaim?.possible_repeat, true);
  });

  test("only a channel that is pulled can be claimed", async () => {
    const cloud = await Cloud.of({});
    const claim = (channel: string, deps = cloud.deps()) =>
      claimNotices(deps, { channel, limit: 1, worker: "x" });
    await assert.rejects(
      claim("lab"),
      (error) => error instanceof Conflict && /via: bridge/.test(error.message),
    );
    await assert.rejects(claim("nowhere"), NotFound);
    const brokenChannels = new Map([["gone", "channel gone (imessage): the variable X is not set here"]]);
    await assert.rejects(claim("gone", { ...cloud.deps(), brokenChannels }), /variable X.*no secret here/);
  });

  test("a burst of skipped jobs is one message, after it has settled, and all of it is marked", async () => {
    const burst = [1, 2, 3].map((at) => ({
      event: "job.skipped" as const,
      facts: { ...aNotice().facts, details: [`sample${at} skipped`] },
    }));
    const cloud = await Cloud.of(...burst, { event: "job.skipped", recipient: "other" });
    const soon = new Date(Date.parse(cloud.world.now()) + 30_000).toISOString();
    for (const each of await cloud.store.queryNotices({ limit: 10 })) {
      await cloud.store.updateNotice({ ...each, next_at: soon });
    }
    assert.deepEqual(await cloud.claim(), [], "it settles first");
    cloud.world.pass(30);
    const given = await cloud.claim();
    assert.deepEqual(
      given.map(({ recipient, facts }) => [recipient, facts.details.length]),
      [
        ["phone", 3],
        ["other", 0],
      ],
    );
    await cloud.report(given[0]!, delivered);
    const all = await cloud.store.queryNotices({ limit: 10 });
    assert.deepEqual(
      all.map(({ status }) => status),
      ["sent", "sent", "sent", "sending"],
    );
  });

  test("a burst whose bridge died is given again as the same message, whatever has come since", async () => {
    const skipped = (at: number) => ({
      event: "job.skipped" as const,
      facts: { ...aNotice().facts, details: [`sample${at} skipped`] },
    });
    const cloud = await Cloud.of(skipped(1), skipped(2));
    cloud.world.pass(30);
    const [first] = await cloud.claim();
    await cloud.store.addNotice({
      ...(await cloud.notice()),
      ...skipped(3),
      id: `${RUN}~r1~n9~-~phone~phone`,
      status: "pending",
    });
    cloud.world.pass(240);
    const [again] = await cloud.claim(1);
    assert.deepEqual([again!.id, again!.facts, again!.possible_repeat], [first!.id, first!.facts, true]);
  });

  test("the same message also when deliver has put off what the dead bridge had", async () => {
    const burst = ["one", "two"].map((detail) => ({
      event: "job.skipped" as const,
      facts: { ...aNotice().facts, details: [detail] },
    }));
    const cloud = await Cloud.of(...burst);
    const [first] = await cloud.claim();
    cloud.world.pass(240);
    await deliver(cloud.deps(), { limit: 10 });
    const at = cloud.world.now();
    const more = { ...burst[0]!, channel: "phone", recipient: "phone", created_at: at, next_at: at };
    await cloud.store.addNotice(aNotice({ ...more, id: `${RUN}~r1~newer` }));
    const given = await cloud.claim();
    assert.deepEqual(
      given.map(({ facts, possible_repeat }) => [facts.details, possible_repeat]),
      [
        [["one", "two"], true],
        [["one"], false],
      ],
    );
    assert.equal(given[0]?.id, first?.id);
  });

  test("what waits for another try hides nothing, however much of it there is", async () => {
    const waits = Array.from({ length: 250 }, () => ({ tries: 3, next_at: "2099-01-01T00:00:00.000Z" }));
    const cloud = await Cloud.of(...waits);
    cloud.world.pass(10);
    const [at, later] = [cloud.world.now(), "2098-01-01T00:00:00.000Z"];
    const fields = { channel: "phone", recipient: "phone", event: "run.failed" as const, created_at: at };
    await cloud.store.addNotice(aNotice({ ...fields, id: `${RUN}~r1~due`, next_at: at }));
    await cloud.store.addNotice(
      aNotice({ ...fields, id: `${RUN}~r1~put-off`, next_at: later, put_off: true }),
    );
    assert.deepEqual(
      (await cloud.claim()).map(({ id }) => id),
      [`${RUN}~r1~due`, `${RUN}~r1~put-off`],
    );
  });

  test("of what is due the oldest comes first, also behind many newer ones that wait", async () => {
    const waits = Array.from({ length: 250 }, () => ({ tries: 3, next_at: "2099-01-01T00:00:00.000Z" }));
    const old = { id: `${RUN}~r1~old`, tries: 2, created_at: "2020-01-01T00:00:00.000Z" };
    const cloud = await Cloud.of({}, ...waits, old);
    const [first] = await cloud.claim(1);
    assert.equal(first?.id, old.id);
    const early = { id: `${RUN}~r1~early`, put_off: true, created_at: "2020-01-02T00:00:00.000Z" };
    const putOff = await Cloud.of({}, { ...early, next_at: "2099-01-01T00:00:00.000Z" });
    assert.equal((await putOff.claim(1))[0]?.id, early.id);
  });

  test("what the run's end has overtaken is dropped", async () => {
    const cloud = await Cloud.of({ event: "run.completed" }, { event: "job.skipped" });
    await cloud.report((await cloud.claim(1))[0]!, delivered);
    cloud.world.pass(60);
    assert.deepEqual(await cloud.claim(), []);
    assert.equal((await cloud.notice(1)).status, "dropped");
  });
});

suite("a bridge reports", () => {
  for (const event of NOTICE_EVENTS) {
    test(`${event}: an outcome leaves what deliver would leave`, async () => {
      const outcomes: Delivery[] = [
        delivered,
        { kind: "rejected", reason: "not now", after_seconds: 7 },
        { kind: "permanent", reason: "never", disable: false },
        { kind: "ambiguous", reason: "who knows" },
      ];
      for (const outcome of outcomes) {
        const cloud = await Cloud.of({ event });
        const direct = await Cloud.of({ event });
        direct.add("phone", { deliver: async () => outcome });
        cloud.world.pass(60);
        direct.world.pass(60);
        await cloud.report((await cloud.claim())[0]!, outcome);
        await deliver(direct.deps(), { limit: 10 });
        const [ours, theirs] = [await cloud.notice(), await direct.notice()];
        assert.deepEqual({ ...ours, rev: 0 }, { ...theirs, rev: 0 }, outcome.kind);
      }
    });
  }

  test("what the channel keeps is there for the next notice", async () => {
    const cloud = await Cloud.of({ event: "run.started" }, { event: "run.failed" });
    const [first] = await cloud.claim(1);
    await cloud.report(first!, { kind: "ambiguous", reason: "late", keep: { tried_1: "then" } });
    assert.deepEqual((await cloud.claim(1))[0]!.kept, { tried_1: "then" });
  });

  test("also of a run with thousands of open notices, and all that was told as one message with it", async () => {
    const elsewhere = Array.from({ length: 1_100 }, () => ({
      channel: "lab",
      recipient: "lab",
      created_at: "2020-01-01T00:00:00.000Z",
    }));
    const burst = [{ event: "job.skipped" }, { event: "job.skipped" }] as const;
    const cloud = await Cloud.of(...elsewhere, ...burst);
    cloud.world.pass(60);
    const given = await cloud.claim();
    assert.equal(given.length, 1);
    assert.equal((await cloud.report(given[0]!, delivered)).status, "sent");
    const ours = await cloud.store.queryNotices({ channel: "phone", limit: 50 });
    assert.deepEqual(
      ours.map(({ status }) => status),
      ["sent", "sent"],
    );
  });

  test("an outcome counts once, and only under the revision that was given", async () => {
    const cloud = await Cloud.of({});
    const [given] = await cloud.claim();
    await assert.rejects(cloud.report({ ...given!, rev: given!.rev + 1 }, delivered), Conflict);
    await assert.rejects(cloud.report({ id: "nothing", rev: 1 }, delivered), Conflict);
    await cloud.report(given!, delivered);
    await assert.rejects(cloud.report(given!, { kind: "permanent", reason: "x", disable: false }), Conflict);
    assert.equal((await cloud.notice()).status, "sent");
  });

  test("what another bridge was given in the same instant is no part of it", async () => {
    for (const [event, worker] of [
      ["run.completed", "lab-mac"],
      ["job.skipped", "other-mac"],
    ] as const) {
      const cloud = await Cloud.of({ event });
      cloud.world.pass(60);
      const [one] = await cloud.claim(1);
      const id = `${RUN}~r1~n1~-~phone~phone`;
      const other = { event, id, channel: "phone", recipient: "phone", created_at: cloud.world.now() };
      await cloud.store.addNotice(aNotice({ ...other, next_at: cloud.world.now() }));
      const request = { channel: "phone", limit: 1, worker };
      const [two] = await claimNotices(cloud.deps(), request);
      assert.deepEqual([two!.id, two!.claimed_until], [id, one!.claimed_until]);
      await cloud.report(one!, delivered);
      assert.equal((await cloud.notice(1)).status, "sending");
      await cloud.report(two!, { kind: "permanent", reason: "x", disable: false });
      assert.equal((await cloud.notice(1)).status, "failed");
    }
  });

  test("a claim that ran out is refused only once somebody else has it", async () => {
    const cloud = await Cloud.of({});
    const [late] = await cloud.claim();
    cloud.world.pass(300);
    const [next] = await cloud.claim();
    await assert.rejects(cloud.report(late!, delivered), /somebody else's now/);
    assert.equal((await cloud.report(next!, delivered)).status, "sent");
  });

  test("a broken Mac disables the channel and is told elsewhere; a message that arrives clears it", async () => {
    const cloud = await Cloud.of({}, { event: "run.failed" });
    const reason = "BlueBubbles answered 401: the password is wrong";
    await cloud.report((await cloud.claim(1))[0]!, { kind: "permanent", reason, disable: true });
    assert.equal((await cloud.store.readChannel("phone")).disabled?.reason, reason);
    const [instead] = await cloud.store.queryNotices({ channel: "lab", limit: 5 });
    assert.match(instead!.facts.details[0]!, /phone could not tell this.*401/);
    assert.match((await cloud.store.readRun(RUN))!.notes.join("\n"), /channel phone is disabled/);
    await cloud.report((await cloud.claim(1))[0]!, delivered);
    assert.equal((await cloud.store.readChannel("phone")).disabled, null);
  });

  test("what a Mac has not been able to tell for a quarter of an hour is told elsewhere, and goes on being tried", async () => {
    const cloud = await Cloud.of({});
    await cloud.report((await cloud.claim())[0]!, { kind: "ambiguous", reason: "no answer" });
    cloud.world.pass(899);
    const late: Delivery = { kind: "rejected", reason: "Messages is signed out", after_seconds: null };
    await cloud.report((await cloud.claim())[0]!, late);
    const instead = () => cloud.store.queryNotices({ channel: "lab", limit: 5 });
    assert.deepEqual(await instead(), []);
    cloud.world.pass(60);
    await cloud.report((await cloud.claim())[0]!, late);
    const [told] = await instead();
    assert.match(told!.facts.details[0]!, /phone could not tell this: Messages is signed out/);
    assert.equal((await cloud.notice()).status, "pending");
  });

  test("killed after any step of a report, the notice is marked in the end", async () => {
    for (let kill = 1; kill < 8; kill++) {
      const cloud = await Cloud.of({});
      const [given] = await cloud.claim();
      const processes = new Processes();
      const store = processes.wrap("p", cloud.store, [
        "updateNotice",
        "updateThread",
        "updateChannel",
        "addNotice",
      ]);
      processes.start("p", async () => {
        const outcome = { kind: "permanent", reason: "no", disable: true, keep: { a: 1 } } as const;
        await reportOutcome(cloud.deps(store), given!.id, { rev: given!.rev, outcome });
      });
      for (let step = 1; (await processes.ready()).length > 0; step++) {
        processes.step("p", step === kill ? "kill" : "go");
      }
      const { status } = await cloud.notice();
      if (status === "sending") {
        await cloud.report(given!, { kind: "permanent", reason: "no", disable: true, keep: { a: 1 } });
      }
      assert.equal((await cloud.notice()).status, "failed");
      assert.equal(
        (await cloud.store.queryNotices({ channel: "lab", limit: 5 })).length,
        1,
        "told elsewhere once",
      );
    }
  });

  test("killed in the middle of a burst, the same report made again marks all of it", async () => {
    for (let kill = 1; kill < 7; kill++) {
      const cloud = await Cloud.of(
        { event: "job.skipped" },
        { event: "job.skipped" },
        { event: "job.skipped" },
      );
      cloud.world.pass(60);
      const [given] = await cloud.claim();
      const processes = new Processes();
      const store = processes.wrap("p", cloud.store, ["updateNotice", "updateThread"]);
      processes.start("p", async () => {
        await reportOutcome(cloud.deps(store), given!.id, { rev: given!.rev, outcome: delivered });
      });
      for (let step = 1; (await processes.ready()).length > 0; step++) {
        processes.step("p", step === kill ? "kill" : "go");
      }
      if ((await cloud.notice()).status === "sending") await cloud.report(given!, delivered);
      const all = await cloud.store.queryNotices({ channel: "phone", limit: 5 });
      assert.deepEqual(
        all.map(({ status }) => status),
        ["sent", "sent", "sent"],
        `killed at step ${kill}`,
      );
    }
  });
});
