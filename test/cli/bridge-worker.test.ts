import assert from "node:assert/strict";
import { test } from "node:test";
import { openWorker, type WorkerParts } from "../../src/cli/bridge/worker.ts";
import type { ClaimedNotice } from "../../src/core/claimed-notice.ts";
import type { Delivery } from "../../src/ports.ts";
import { aNotice } from "../support/documents.ts";

const claimed = (id: string, seconds = 240): ClaimedNotice => ({
  ...aNotice({ id }),
  kept: {},
  claimed_until: new Date(Date.now() + seconds * 1000).toISOString(),
});

/** A bridge whose two sides answer as they are told to. */
function scene(parts: Partial<WorkerParts> = {}) {
  const lines: string[] = [];
  const reports: string[] = [];
  const waiting: ClaimedNotice[][] = [];
  const worker = openWorker({
    claim: async () => waiting.shift() ?? [],
    report: async ({ id }, { kind }) => void reports.push(`${id} ${kind}`),
    isFinal: () => false,
    sender: { deliver: async () => ({ kind: "delivered" }) },
    say: (line) => void lines.push(line),
    signal: new AbortController().signal,
    pauses: [1],
    ...parts,
  });
  return { worker, lines, reports, waiting };
}

test("a report that does not get through is made again until it does, and said once", async () => {
  let away = 3;
  const reports: string[] = [];
  const report = async ({ id }: ClaimedNotice): Promise<void> => {
    if (away-- > 0) throw new Error("no connection");
    reports.push(id);
  };
  const { worker, lines, waiting } = scene({ report });
  waiting.push([claimed("a")], [claimed("b")]);
  assert.equal(await worker.pass(), true);
  assert.deepEqual(reports, ["a", "b"]);
  assert.deepEqual(lines, ["a  delivered", "a  not reported: no connection", "b  delivered"]);
});

test("a report whose answer was lost is refused when it is made again: it was made, and nothing is in the way", async () => {
  const errors = [new Error("no connection"), new Error("it was reported before")];
  const report = async (): Promise<void> => {
    const error = errors.shift();
    if (error) throw error;
  };
  const isFinal = (error: unknown): boolean => String(error).includes("reported before");
  const { worker, lines, waiting } = scene({ report, isFinal });
  waiting.push([claimed("a")], [claimed("b")]);
  assert.equal(await worker.pass(), true);
  assert.deepEqual(
    lines.map((line) => line.split("  ")[1]),
    ["delivered", "not reported: no connection", "delivered"],
  );
});

test("a report that the API refuses, or that comes after the claim, is made once", async () => {
  for (const [isFinal, seconds] of [
    [() => true, 240],
    [() => false, 0],
  ] as const) {
    let tries = 0;
    const report = async (): Promise<void> => {
      tries += 1;
      throw new Error("it is somebody else's now");
    };
    const { worker, waiting } = scene({ report, isFinal });
    waiting.push([claimed("a", seconds)]);
    assert.equal(await worker.pass(), false);
    assert.equal(tries, 1);
  }
});

test("after a message that could not be sent, the Mac is looked at before anything more is fetched", async () => {
  const outcome: Delivery = { kind: "rejected", reason: "not reached", after_seconds: null };
  const checks: boolean[] = [true, false, true];
  const check = async () => ({ ok: checks.shift() ?? true, text: "BlueBubbles was not reached" });
  const answers: Delivery[] = [outcome];
  const deliver = async (): Promise<Delivery> => answers.shift() ?? { kind: "delivered" };
  const { worker, lines, reports, waiting } = scene({ sender: { deliver, check } });
  waiting.push([claimed("a")], [claimed("b")]);
  assert.equal(await worker.pass(), false);
  assert.deepEqual(reports, ["a rejected"]);
  assert.equal(await worker.pass(), false);
  assert.equal(waiting.length, 1, "nothing is fetched");
  assert.equal(await worker.pass(), true);
  assert.deepEqual(lines, [
    "a  rejected: not reached",
    "mac  BlueBubbles was not reached",
    "mac  works again",
    "b  delivered",
  ]);
});

test("a Mac that could send is looked at again after a while, before anything is fetched", async () => {
  const checks = [true, false];
  const check = async () => ({ ok: checks.shift() ?? true, text: "BlueBubbles was not reached" });
  const deliver = async (): Promise<Delivery> => ({ kind: "delivered" });
  const { worker, reports, waiting } = scene({ sender: { deliver, check }, trustMilliseconds: 0 });
  waiting.push([claimed("a")], [claimed("b")]);
  assert.equal(await worker.pass(), false);
  assert.deepEqual(reports, ["a delivered"]);
  assert.equal(waiting.length, 1);
});

test("asked to stop, it reports what it has sent, and fetches no more", async () => {
  const stopping = new AbortController();
  const deliver = async (): Promise<Delivery> => {
    stopping.abort();
    return { kind: "delivered" };
  };
  const { worker, reports, waiting } = scene({ sender: { deliver }, signal: stopping.signal });
  waiting.push([claimed("a")], [claimed("b")]);
  await worker.pass();
  assert.deepEqual(reports, ["a delivered"]);
  assert.equal(waiting.length, 1);
});
