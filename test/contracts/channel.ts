import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { describe, type TestContext, test } from "node:test";
import type { NoticeFacts } from "../../src/core/notice.ts";
import type { Channel, Delivery } from "../../src/ports.ts";
import { HOSTILE_LINES, message, PEOPLES_LINE, STORIES } from "../channels/notice-stories.ts";

/** One channel with its other side, made anew for each test. */
export interface ChannelRig {
  readonly channel: Channel;
  /** What has arrived, whole, as the golden file keeps it. */
  arrived(): string;
  /** What has arrived as people read it: one text for each message and each way of showing it. */
  shown(): string[];
  /** What must stand in no reason. */
  readonly secrets: readonly string[];
  close(): Promise<void>;
}

/** The other side misbehaves once, and what the channel must make of it. */
export interface ChannelFault {
  readonly name: string;
  readonly arrange: (t: TestContext) => Promise<ChannelRig>;
  readonly expected: {
    readonly kind: Delivery["kind"];
    after_seconds?: number | null;
    alone?: boolean;
    disable?: boolean;
  };
  /** Must stand in the reason. */
  readonly says?: RegExp;
}

/** Whatever status comes back, also of what stands before the provider: a proxy, a tunnel, a login page. */
export interface StatusSweep {
  readonly name: string;
  readonly statuses: readonly number[];
  open(): Promise<AnsweringRig>;
  expected(status: number): Delivery["kind"];
}

/** 200 to 599. */
export const HTTP_STATUSES: readonly number[] = Array.from({ length: 400 }, (_, at) => 200 + at);

export interface AnsweringRig extends ChannelRig {
  /** What the next sending meets. */
  answer(status: number, words: string): void;
}

export interface ChannelContract {
  readonly kind: string;
  /** Of the golden files. */
  readonly extension: string;
  open(): Promise<ChannelRig>;
  /** Most characters of one shown text. */
  readonly maxShownChars: number;
  readonly faults: readonly ChannelFault[];
  /** None where nobody answers with a status. */
  readonly sweeps: readonly StatusSweep[];
  /** A delivery ends within this, whatever happens. */
  readonly maxMilliseconds: number;
}

/** What every kind of channel must do. Golden files are written anew with `BIOAGENT_UPDATE_GOLDEN=1`. */
export function testChannel(contract: ChannelContract): void {
  describe(`${contract.kind} channel`, () => {
    testIdentity(contract);
    testStories(contract);
    testFaults(contract);
    testStatuses(contract);
    testHostileText(contract);
    testPeoplesText(contract);
    testTruncation(contract);
  });
}

async function withRig(
  open: () => Promise<ChannelRig>,
  use: (rig: ChannelRig) => Promise<void>,
): Promise<void> {
  const rig = await open();
  try {
    await use(rig);
  } finally {
    await rig.close();
  }
}

/** The facts arrive on one message; every text shown of it. */
async function shownOf(
  contract: ChannelContract,
  facts: Partial<NoticeFacts>,
  flags: { possible_repeat?: boolean; test?: boolean } = {},
): Promise<string[]> {
  let shown: string[] = [];
  await withRig(contract.open, async (rig) => {
    const recipient = rig.channel.recipients[0]!;
    const delivery = await rig.channel.deliver(message("run.completed", facts, flags), recipient);
    assert.equal(delivery.kind, "delivered", JSON.stringify(delivery));
    shown = rig.shown();
    assert.ok(shown.length > 0);
  });
  return shown;
}

function testIdentity(contract: ChannelContract): void {
  test("says its kind, its pace and whom it reaches", () =>
    withRig(contract.open, async ({ channel }) => {
      assert.equal(channel.kind, contract.kind);
      assert.ok(channel.paceMilliseconds >= 0);
      assert.ok(channel.recipients.length > 0);
      assert.equal(new Set(channel.recipients).size, channel.recipients.length);
    }));
}

function testStories(contract: ChannelContract): void {
  for (const [story, told] of Object.entries(STORIES)) {
    test(`tells the story "${story}" as its golden file does`, () =>
      withRig(contract.open, async (rig) => {
        const delivery = await rig.channel.deliver(told, rig.channel.recipients[0]!);
        assert.equal(delivery.kind, "delivered", JSON.stringify(delivery));
        compareGolden(`${contract.kind}-${story}.${contract.extension}`, rig.arrived());
      }));
  }
  test("begins with the five fixed lines at a run's end", async () => {
    const facts = { status_line: "✅ 9/10 succeeded, ❌ 1 failed", details: ["sample02 failed: why"] };
    for (const text of await shownOf(contract, facts)) {
      assert.deepEqual(text.split("\n").slice(0, 6), [
        "🧬 BioAgent Run Complete",
        "Run: 2026-02-27_rnaseq_001",
        "Pipeline: rnaseq",
        "Status: ✅ 9/10 succeeded, ❌ 1 failed",
        "Output: gs://my-bucket/output/2026-02-27_rnaseq_001/",
        "sample02 failed: why",
      ]);
    }
  });
  test("marks a possible repeat, a test, and nothing else", async () => {
    const marks = /possibly a repeat|test message/;
    for (const text of await shownOf(contract, {})) assert.doesNotMatch(text, marks);
    for (const text of await shownOf(contract, {}, { possible_repeat: true })) {
      assert.match(text, /\(possibly a repeat: the last sending was interrupted\)/);
    }
    for (const text of await shownOf(contract, {}, { test: true })) assert.match(text, /\(test message\)/);
  });
}

function testFaults(contract: ChannelContract): void {
  for (const fault of contract.faults) {
    test(`${fault.name}: ${fault.expected.kind}`, async (t) => {
      await withRig(
        () => fault.arrange(t),
        async (rig) => {
          const began = performance.now();
          const delivery = await rig.channel.deliver(STORIES["some-skipped"]!, rig.channel.recipients[0]!);
          assert.ok(performance.now() - began < contract.maxMilliseconds, "it took too long");
          assert.partialDeepStrictEqual(delivery, fault.expected);
          if (delivery.kind === "delivered") return;
          assertReason(delivery.reason, rig.secrets);
          if (fault.says) assert.match(delivery.reason, fault.says);
        },
      );
    });
  }
}

function testStatuses(contract: ChannelContract): void {
  for (const sweep of contract.sweeps) {
    test(`classifies ${sweep.name}, and repeats no secret of its answer`, async () => {
      const rig = await sweep.open();
      const words = `\u001b[31m${rig.secrets.join(" ")}\u0007 ${"refused ".repeat(300)}`;
      try {
        for (const status of sweep.statuses) {
          rig.answer(status, words);
          const delivery = await rig.channel.deliver(STORIES["some-skipped"]!, rig.channel.recipients[0]!);
          assert.equal(delivery.kind, sweep.expected(status), `${status}: ${JSON.stringify(delivery)}`);
          if (delivery.kind !== "delivered") assertReason(delivery.reason, rig.secrets);
        }
      } finally {
        await rig.close();
      }
    });
  }
}

/** One line for people, with nothing in it that acts on a terminal or opens a door. */
function assertReason(reason: string, secrets: readonly string[]): void {
  assert.ok(reason.length > 10 && reason.length < 400, reason);
  assert.doesNotMatch(reason, /\p{Cc}|undefined|\[object/u);
  for (const secret of secrets) assert.ok(!reason.includes(secret), `a secret in: ${reason}`);
}

function testHostileText(contract: ChannelContract): void {
  for (const [at, line] of HOSTILE_LINES.entries()) {
    test(`takes hostile text ${at} as text, on one line`, async () => {
      const facts = { details: [line, "the next"], description: line, status_line: "✅ 1/1 succeeded" };
      for (const text of await shownOf(contract, facts)) {
        assertPlain(text);
        const lines = text.split("\n");
        assert.match(lines[4]!, /^Output: /);
        assert.equal(lines[6], "the next");
        assert.doesNotMatch(text, /^(Run|Status): forged/m);
      }
    });
    test(`takes hostile text ${at} even in the first five lines`, async () => {
      const facts = { run_id: `r${line}`, pipeline: line, status_line: line, output: line, commands: [line] };
      for (const text of await shownOf(contract, facts)) assertPlain(text);
    });
  }
}

function testPeoplesText(contract: ChannelContract): void {
  test("tells what people write in any alphabet as it is", async () => {
    const facts = { details: [PEOPLES_LINE], output: `/data/${PEOPLES_LINE}/`, pipeline: PEOPLES_LINE };
    for (const text of await shownOf(contract, facts)) {
      assert.equal(text.split(PEOPLES_LINE).length, 4, text);
      assertPlain(text);
    }
  });
}

function assertPlain(text: string): void {
  assert.ok(text.isWellFormed(), "half of a surrogate pair");
  assert.doesNotMatch(text.replaceAll("\n", ""), /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u);
  assert.doesNotMatch(text, /[ \t]$/m, "a space at a line's end");
}

function testTruncation(contract: ChannelContract): void {
  const pieces = { emoji: "🧬", family: "👩‍👩‍👧‍👦", combining: "e\u0301\u0323", entity: "<&>" };
  for (const [name, piece] of Object.entries(pieces)) {
    test(`cuts long text between characters: ${name}`, async () => {
      const details = Array.from({ length: 40 }, (_, at) => "x".repeat(at % 7) + piece.repeat(300));
      for (const text of await shownOf(contract, { details })) {
        assertPlain(text);
        assert.ok(text.length <= contract.maxShownChars, `${text.length} characters`);
        for (const line of text.split("\n").slice(5)) assertWholePieces(line, piece);
      }
    });
  }
  test("drops details before what to type next, and counts them", async () => {
    const details = Array.from({ length: 500 }, (_, at) => `sample${at} failed: ${"because ".repeat(20)}`);
    for (const text of await shownOf(contract, { details, more: 7 })) {
      const lines = text.split("\n");
      const shown = lines.filter((line) => /^sample\d+ failed/.test(line)).length;
      assert.ok(shown > 0);
      assert.ok(lines.includes(`… and ${507 - shown} more`), lines.slice(-4).join("\n"));
      assert.ok(lines.includes("Next: bioagent show 2026-02-27_rnaseq_001"));
    }
  });
}

/** What a cut left over of a piece would stand before the `…`. */
function assertWholePieces(line: string, piece: string): void {
  if (!line.includes(piece)) return;
  const rest = line.replaceAll(piece, "").replace(/^x*/, "");
  const allowed = piece === "<&>" ? /^(<|<&)?…?$/ : /^…?$/;
  assert.match(rest, allowed);
}

const GOLDEN = new URL("../golden/notices/", import.meta.url);

function compareGolden(file: string, arrived: string): void {
  const path = new URL(file, GOLDEN);
  if (process.env["BIOAGENT_UPDATE_GOLDEN"] === "1") {
    mkdirSync(GOLDEN, { recursive: true });
    writeFileSync(path, arrived);
  }
  assert.equal(arrived, readFileSync(path, "utf8"));
}
