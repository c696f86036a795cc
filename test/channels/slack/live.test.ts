import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { openSlackBot } from "../../../src/channels/slack/bot-channel.ts";
import type { Channel, Delivery, Kept, Message, RunView } from "../../../src/ports.ts";
import { mentionsIn, shownOf } from "../../support/slack-rules.ts";
import { type SlackScript, type SlackServer, startSlackServer } from "../../support/slack-server.ts";
import { type StoryState, storyView } from "../../support/slack-story.ts";
import { BOT_TOKEN, type SlackPosted } from "../../support/slack-workspace.ts";
import { HOSTILE_LINES, message } from "../notice-stories.ts";

/** A channel, its Slack, and what the outbox keeps between two deliveries. */
class Lab {
  readonly server: SlackServer;
  slackChannel = "#runs";
  kept: Kept = {};
  view: RunView | null = storyView({});
  round = 1;
  #notices = 0;

  constructor(server: SlackServer) {
    this.server = server;
  }

  static async open(
    t: { after: (fn: () => Promise<void>) => void },
    options: { pacedBy?: () => number } = {},
  ): Promise<Lab> {
    const server = await startSlackServer(options);
    t.after(() => server.close());
    return new Lab(server);
  }

  get channel(): Channel {
    return openSlackBot({
      name: "lab",
      token: BOT_TOKEN,
      slackChannel: this.slackChannel,
      live: true,
      apiUrl: this.server.apiUrl,
      allowPrivateUrls: true,
      timeoutMilliseconds: 300,
    });
  }

  notice(event: Message["event"], flags: { possible_repeat?: boolean; test?: boolean } = {}): Message {
    const notice_id = `notice${++this.#notices}`;
    return { ...message(event, {}, flags), notice_id, round: this.round, view: async () => this.view };
  }

  /** One delivery; unless the process is killed, what it wants kept is. */
  async once(told: Message, killed = false): Promise<Delivery> {
    const delivery = await this.channel.deliver({ ...told, kept: this.kept }, "lab");
    if (!killed) this.kept = { ...this.kept, ...delivery.keep };
    return delivery;
  }

  /** As the outbox does: what is rejected comes again. */
  async tell(event: Message["event"], state?: StoryState, flags = {}): Promise<void> {
    if (state) this.view = storyView(state);
    const told = this.notice(event, flags);
    for (let tries = 0; tries < 3; tries++) {
      const delivery = await this.once(told);
      if (delivery.kind === "delivered") return;
      assert.equal(delivery.kind, "rejected", JSON.stringify(delivery));
    }
    assert.fail(`${event} was not delivered in three tries`);
  }

  get posted(): readonly SlackPosted[] {
    return this.server.workspace.posted;
  }

  get replies(): readonly SlackPosted[] {
    return this.posted.filter(({ thread_ts }) => thread_ts !== null);
  }

  methods(): string[] {
    return this.server.received.map(({ path }) => path.slice("/api/".length));
  }
}

const textOf = ({ message: { text } }: SlackPosted): string => text;
const blocksOf = (posted: SlackPosted): string => shownOf(posted.message)[1]!;

const HALFWAY = {
  jobs: {
    "fastqc-sample01": "succeeded",
    "fastqc-sample02": "succeeded",
    "fastqc-sample03": "running",
    "star_align-sample01": "running",
  },
} as const;
const TWO_BAD = {
  jobs: {
    "fastqc-sample01": "succeeded",
    "fastqc-sample02": "succeeded",
    "fastqc-sample03": "succeeded",
    "fastqc-sample04": "failed",
    "star_align-sample01": "running",
    "star_align-sample02": "skipped",
  },
} as const;
const ENDED = {
  status: "completed",
  jobs: {
    "fastqc-sample01": "succeeded",
    "fastqc-sample02": "succeeded",
    "fastqc-sample03": "succeeded",
    "fastqc-sample04": "failed",
    "star_align-sample01": "succeeded",
    "star_align-sample02": "skipped",
    "star_align-sample03": "succeeded",
    multiqc: "succeeded",
  },
} as const;

test("a whole run is one message, kept up to date, with a thread that hears of each failure once, and of the end aloud", async (t) => {
  const lab = await Lab.open(t);
  const frames: string[] = [];
  const tell = async (event: Message["event"], state: StoryState) => {
    await lab.tell(event, state);
    frames.push(`── ${event}\n${blocksOf(lab.posted[0]!)}`);
  };
  await tell("run.started", { status: "running" });
  await tell("run.progress", HALFWAY);
  await tell("run.progress", TWO_BAD);
  await tell("run.progress", TWO_BAD);
  await tell("run.waiting", TWO_BAD);
  await tell("run.completed", ENDED);

  assert.equal(lab.posted.filter(({ thread_ts }) => thread_ts === null).length, 1);
  assert.deepEqual(
    lab.replies.map(({ thread_ts, broadcast }) => [thread_ts, broadcast]),
    [
      [lab.posted[0]!.ts, false],
      [lab.posted[0]!.ts, true],
      [lab.posted[0]!.ts, true],
    ],
  );
  assert.match(textOf(lab.replies[0]!), /^🧬 BioAgent Jobs: 1 failed, 1 skipped\n/);
  assert.match(textOf(lab.replies[1]!), /^🧬 BioAgent Run Waiting\n/);
  assert.match(textOf(lab.replies[2]!), /^🧬 BioAgent Run Complete\n/);
  const story = [
    ...frames,
    ...lab.replies.map((it) => `── reply${it.broadcast ? ", also in the channel" : ""}\n${blocksOf(it)}`),
  ];
  compareGolden("slack-live-story.txt", `${story.join("\n\n")}\n`);
});

test("every edit carries text and blocks, and no call is refused", async (t) => {
  const lab = await Lab.open(t);
  await lab.tell("run.started", {});
  await lab.tell("run.progress", TWO_BAD);
  await lab.tell("run.completed", ENDED);
  const edits = lab.server.received.filter(({ path }) => path.endsWith("chat.update"));
  assert.equal(edits.length, 3);
  for (const { payload } of edits) {
    const { text, blocks, channel, parse } = payload as Record<string, unknown>;
    assert.ok(typeof text === "string" && text.length > 20 && Array.isArray(blocks) && blocks.length > 2);
    assert.deepEqual([channel, parse], ["C0RUNS0001", "none"]);
  }
  assert.deepEqual([...new Set(lab.server.received.map(({ status }) => status))], [200]);
});

test("at Slack's pace no delivery posts twice", async (t) => {
  let now = 0;
  const lab = await Lab.open(t, { pacedBy: () => now });
  for (const [event, state] of [
    ["run.started", {}],
    ["run.progress", TWO_BAD],
    ["run.completed", ENDED],
  ] as const) {
    lab.view = storyView(state);
    const told = lab.notice(event);
    for (let kind = "rejected"; kind === "rejected"; now += 1_000) kind = (await lab.once(told)).kind;
  }
  assert.ok(lab.server.received.every(({ status }) => status === 200));
  assert.equal(lab.replies.length, 2);
});

test("edits at the channel's pace never meet Slack's fifty a minute; faster ones do, and wait", async (t) => {
  let now = 0;
  const lab = await Lab.open(t, { pacedBy: () => now });
  await lab.tell("run.started", {});
  const edits = async (pace: number): Promise<string[]> => {
    const kinds: string[] = [];
    for (let edit = 0; edit < 110; edit++, now += pace)
      kinds.push((await lab.once(lab.notice("run.progress"))).kind);
    return kinds;
  };
  assert.ok((await edits(lab.channel.paceMilliseconds)).every((kind) => kind === "delivered"));
  assert.ok((await edits(1_000)).includes("rejected"));
});

test("a failure is written down before it is told, a second later", async (t) => {
  const lab = await Lab.open(t);
  await lab.tell("run.started", {});
  lab.view = storyView(TWO_BAD);
  const told = lab.notice("run.progress");
  const first = await lab.once(told);
  assert.partialDeepStrictEqual(first, {
    kind: "rejected",
    after_seconds: 1,
    keep: { telling: "3,5", told: "" },
  });
  assert.ok(first.kind === "rejected" && first.reason.length > 20);
  assert.equal(lab.replies.length, 0);
  assert.deepEqual((await lab.once(told)).keep, {
    round: 1,
    told: "3,5",
    telling: "",
    telling_for: "",
    in_doubt: false,
  });
  assert.equal(lab.replies.length, 1);
});

test("a reply that a killed process may have posted is repeated once, and marked; others are not", async (t) => {
  const lab = await Lab.open(t);
  await lab.tell("run.started", {});
  lab.view = storyView(TWO_BAD);
  const told = lab.notice("run.progress");
  await lab.once(told);
  await lab.once(told, true);
  // Its notice counts as unknown: the outbox never tells progress twice.
  await lab.tell("run.progress", TWO_BAD);
  await lab.tell("run.progress", TWO_BAD);
  assert.deepEqual(
    lab.replies.map((it) => /possibly a repeat/.test(textOf(it))),
    [false, true],
  );
  await lab.tell("run.progress", { jobs: { ...TWO_BAD.jobs, "fastqc-sample03": "failed" } });
  assert.equal(lab.replies.length, 3);
  assert.doesNotMatch(textOf(lab.replies[2]!), /possibly a repeat|sample04|sample02/);
});

test("a reply about failures that may have arrived is not repeated; one that has not, is", async (t) => {
  const lab = await Lab.open(t);
  await lab.tell("run.started", {});
  lab.view = storyView(TWO_BAD);
  const told = lab.notice("run.progress");
  await lab.once(told);
  const fine = { status: 200, body: JSON.stringify({ ok: true }) };
  lab.server.script(fine, { status: 429, headers: { "retry-after": "2" } });
  assert.partialDeepStrictEqual(await lab.once(told), { kind: "rejected", after_seconds: 2 });
  lab.server.script(fine, "hang");
  assert.equal((await lab.once(told)).kind, "ambiguous");
  await lab.tell("run.progress", TWO_BAD);
  assert.equal(lab.replies.length, 0);
});

test("a reply that Slack has refused for good leaves no doubt behind", async (t) => {
  const lab = await Lab.open(t);
  await lab.tell("run.started", {});
  lab.view = storyView(TWO_BAD);
  const told = lab.notice("run.progress");
  await lab.once(told);
  const answer = (body: object) => ({ status: 200, body: JSON.stringify(body) });
  lab.server.script(answer({ ok: true }), answer({ ok: false, error: "restricted_action" }));
  assert.equal((await lab.once(told)).kind, "permanent");
  await lab.tell("run.progress", TWO_BAD);
  assert.equal(lab.replies.length, 1);
  assert.doesNotMatch(textOf(lab.replies[0]!), /possibly a repeat/);
});

test("a start that is told once more in its round changes the message, and adds none", async (t) => {
  const lab = await Lab.open(t);
  await lab.tell("run.started", {});
  await lab.tell("run.started", {});
  assert.deepEqual(
    lab.posted.map(({ edits }) => edits),
    [1],
  );
});

test("the end that a killed process may have told is told again, and marked, in the same thread", async (t) => {
  const lab = await Lab.open(t);
  await lab.tell("run.started", {});
  lab.view = storyView(ENDED);
  const told = lab.notice("run.completed");
  await lab.once(told, true);
  await lab.once({ ...told, possible_repeat: true });
  assert.deepEqual(
    lab.replies.map((it) => /possibly a repeat/.test(textOf(it))),
    [false, true],
  );
  assert.doesNotMatch(blocksOf(lab.posted[0]!), /possibly a repeat/);
});

test("a run's first message whose place was never kept is not the last: the next says that it goes on", async (t) => {
  const lab = await Lab.open(t);
  lab.view = storyView({});
  await lab.once(lab.notice("run.started"), true);
  assert.doesNotMatch(textOf(lab.posted[0]!), /goes on/);
  await lab.tell("run.progress", HALFWAY);
  await lab.tell("run.progress", TWO_BAD);
  assert.match(
    textOf(lab.posted[1]!),
    /\(goes on from a message about this run that is gone, or that nobody knows any more\)/,
  );
  assert.deepEqual(
    lab.posted.map(({ thread_ts, edits }) => [thread_ts === null, edits]),
    [
      [true, 0],
      [true, 2],
      [false, 0],
    ],
  );
});

for (const event of [
  "run.completed",
  "run.failed",
  "run.cancelled",
  "run.waiting",
  "run.stalled",
  "job.retried",
] as const) {
  test(`${event} of a run that has no message yet is one message, and the run's from then on`, async (t) => {
    const lab = await Lab.open(t);
    await lab.tell(event, ENDED);
    assert.equal(lab.posted.length, 1);
    assert.equal(lab.posted[0]!.thread_ts, null);
    assert.deepEqual([lab.kept["channel"], lab.kept["ts"]], ["C0RUNS0001", lab.posted[0]!.ts]);
    assert.doesNotMatch(textOf(lab.posted[0]!), /goes on/);
  });
}

const word = (error: string) => ({ status: 200, body: JSON.stringify({ ok: false, error }) });

/** Sendings of the end, one after the other, until it counts as told; the edits meet what `script` says. */
async function sendingsOfTheEnd(lab: Lab, script: readonly SlackScript[]): Promise<number> {
  await lab.tell("run.started", {});
  lab.view = storyView(ENDED);
  const told = lab.notice("run.completed");
  for (let tries = 1; ; tries++) {
    const before = lab.replies.length;
    if (script[tries - 1]) lab.server.script(script[tries - 1]!);
    const delivery = await lab.once({ ...told, tries });
    if (delivery.kind === "delivered") return tries;
    assert.partialDeepStrictEqual(delivery, { kind: "rejected", alone: true });
    if (lab.replies.length > before) assert.match(JSON.stringify(delivery), /Told in the thread alone/);
  }
}

const NOT_EDITED = {
  "the end waits for one more try": [word("update_failed"), word("update_failed")],
  "a server error counts alike": [{ status: 500 }, { status: 500 }],
  "a stranger's page counts alike": Array<SlackScript>(2).fill({ status: 200, body: "<html>Log in</html>" }),
  "the end waits longer for an answer": ["hang", "reset", "half", "reset"],
} as const satisfies Record<string, readonly SlackScript[]>;
for (const [title, script] of Object.entries(NOT_EDITED)) {
  test(`when Slack does not edit the message, ${title}, is heard once without it, and is edited later`, async (t) => {
    const lab = await Lab.open(t);
    assert.equal(await sendingsOfTheEnd(lab, script), script.length + 1);
    assert.deepEqual(
      lab.replies.map(({ broadcast }) => broadcast),
      [true],
    );
    assert.equal(lab.posted[0]!.edits, 1);
    assert.match(blocksOf(lab.posted[0]!), /^🧬 BioAgent Run Complete\n/);
  });
}

test("an end that people have heard counts as told, also when its message is never edited", async (t) => {
  const lab = await Lab.open(t);
  assert.equal(await sendingsOfTheEnd(lab, Array<SlackScript>(9).fill({ status: 500 })), 7);
  assert.equal(lab.replies.length, 1);
});

test("an end that people have heard is posted no second time when its message is gone since", async (t) => {
  const lab = await Lab.open(t);
  const script = [word("update_failed"), word("update_failed"), word("edit_window_closed")];
  assert.equal(await sendingsOfTheEnd(lab, script), 3);
  assert.equal(lab.posted.length, 2);
});

test("who has heard the end is told no failure after it, while its edit is still to come", async (t) => {
  const lab = await Lab.open(t);
  await lab.tell("run.started", {});
  lab.view = storyView(ENDED);
  const told = lab.notice("run.completed");
  for (const tries of [1, 2]) {
    lab.server.script(word("update_failed"));
    await lab.once({ ...told, tries });
  }
  await lab.tell("run.progress", ENDED);
  assert.deepEqual([lab.posted[0]!.edits, lab.replies.length], [1, 1]);
});

test("what is heard while other edits are still to come is heard once, each of them", async (t) => {
  const lab = await Lab.open(t);
  await lab.tell("run.started", {});
  const sendings = [lab.notice("job.retried"), lab.notice("run.waiting"), lab.notice("run.completed")];
  for (const tries of [1, 2, 3, 4]) {
    for (const told of sendings) {
      lab.server.script(word("update_failed"));
      await lab.once({ ...told, tries });
    }
  }
  assert.equal(lab.replies.length, sendings.length);
});

test("progress whose edit Slack does not make waits, and holds up no other message", async (t) => {
  const lab = await Lab.open(t);
  await lab.tell("run.started", {});
  const progress = lab.notice("run.progress");
  for (const script of [word("update_failed"), "reset", { status: 500 }] as const) {
    lab.server.script(script);
    assert.partialDeepStrictEqual(await lab.once({ ...progress, tries: 9 }), {
      kind: "rejected",
      alone: true,
    });
  }
});

test("who deletes the run's message gets a new one, which goes on, and hears of no failure again", async (t) => {
  const lab = await Lab.open(t);
  await lab.tell("run.started", {});
  await lab.tell("run.progress", TWO_BAD);
  lab.server.workspace.delete(lab.posted[0]!.ts);
  await lab.tell("run.progress", TWO_BAD);
  await lab.tell("run.progress", TWO_BAD);
  const own = lab.posted.filter(({ thread_ts }) => thread_ts === null);
  assert.equal(own.length, 1);
  assert.equal(own[0]!.edits, 1);
  assert.equal(lab.replies.length, 1);
  lab.server.workspace.delete(own[0]!.ts);
  await lab.tell("run.completed", ENDED);
  assert.match(textOf(lab.posted.at(-1)!), /^🧬 BioAgent Run Complete\n/);
  assert.equal(lab.posted.at(-1)!.thread_ts, null);
});

test("another channel in the configuration gets a message of its own", async (t) => {
  const lab = await Lab.open(t);
  await lab.tell("run.started", {});
  lab.slackChannel = "#other";
  await lab.tell("run.progress", HALFWAY);
  assert.deepEqual(
    lab.posted.map(({ channel, edits }) => [channel, edits]),
    [
      ["C0RUNS0001", 0],
      ["C0OTHER001", 0],
    ],
  );
});

test("where no message can be edited, a run is at most one that goes on, its thread, and its end", async (t) => {
  const lab = await Lab.open(t);
  await lab.tell("run.started", {});
  for (const [event, state] of [
    ["run.progress", HALFWAY],
    ["run.progress", HALFWAY],
    ["run.progress", HALFWAY],
    ["run.completed", ENDED],
  ] as const) {
    lab.server.script(word("edit_window_closed"));
    await lab.tell(event, state);
  }
  assert.deepEqual(
    lab.posted.map((it) => textOf(it).split("\n")[0]),
    ["🧬 BioAgent Run Started", "🧬 BioAgent Run Progress", "🧬 BioAgent Run Complete"],
  );
});

test("failures are told in the thread of a message that cannot be edited", async (t) => {
  const lab = await Lab.open(t);
  await lab.tell("run.started", {});
  lab.server.script(word("edit_window_closed"));
  await lab.tell("run.progress", HALFWAY);
  lab.server.script(word("edit_window_closed"));
  lab.view = storyView(TWO_BAD);
  const told = lab.notice("run.progress");
  assert.equal((await lab.once(told)).kind, "rejected");
  lab.server.script(word("edit_window_closed"));
  assert.equal((await lab.once(told)).kind, "delivered");
  assert.deepEqual(
    lab.replies.map(({ thread_ts }) => thread_ts),
    [lab.posted[1]!.ts],
  );
});

test("a channel that is configured by its ID from now on is the same channel", async (t) => {
  const lab = await Lab.open(t);
  await lab.tell("run.started", {});
  lab.slackChannel = "C0RUNS0001";
  await lab.tell("run.progress", HALFWAY);
  assert.deepEqual(
    lab.posted.map(({ edits }) => edits),
    [1],
  );
});

test("a retried run keeps its message, and its thread hears of the start, of new failures and of the end again", async (t) => {
  const lab = await Lab.open(t);
  await lab.tell("run.started", {});
  await lab.tell("run.progress", TWO_BAD);
  await lab.tell("run.completed", ENDED);
  const before = lab.replies.length;
  lab.round = 2;
  const again = {
    ...HALFWAY,
    round: 2,
    jobs: { ...TWO_BAD.jobs, "star_align-sample02": "running" },
    endedIn: 1,
  } as const;
  await lab.tell("run.started", again);
  await lab.tell("run.progress", again);
  await lab.tell("run.progress", { round: 2, jobs: { ...TWO_BAD.jobs, "fastqc-sample04": "running" } });
  await lab.tell("run.completed", { ...ENDED, round: 2 });
  assert.equal(lab.posted.filter(({ thread_ts }) => thread_ts === null).length, 1);
  assert.deepEqual(
    lab.replies.slice(before).map((it) => textOf(it).split("\n")[0]),
    ["🧬 BioAgent Run Started", "🧬 BioAgent Jobs: 1 skipped", "🧬 BioAgent Run Complete"],
  );
});

test("a subscription to skipped jobs adds no second reply about the same job", async (t) => {
  const lab = await Lab.open(t);
  await lab.tell("run.started", {});
  await lab.tell("job.skipped", TWO_BAD);
  await lab.tell("run.progress", TWO_BAD);
  await lab.tell("job.skipped", TWO_BAD);
  assert.equal(lab.replies.length, 1);
});

test("a test message is of its own, and nothing of it is kept", async (t) => {
  const lab = await Lab.open(t);
  await lab.tell("run.started", {});
  const before = lab.kept;
  await lab.tell("run.completed", ENDED, { test: true });
  assert.deepEqual(lab.kept, before);
  assert.equal(lab.posted.length, 2);
  assert.deepEqual([lab.posted[1]!.thread_ts, lab.posted[0]!.edits], [null, 0]);
  assert.match(textOf(lab.posted[1]!), /\(test message\)/);
});

test("who cannot read the run still tells its end, in message and thread", async (t) => {
  const lab = await Lab.open(t);
  await lab.tell("run.started", {});
  const told = { ...lab.notice("run.completed"), view: () => Promise.reject(new Error("the store is away")) };
  assert.equal((await lab.once(told)).kind, "delivered");
  assert.match(textOf(lab.posted[0]!), /Run Complete/);
  assert.equal(lab.replies.length, 1);
  lab.view = null;
  await lab.tell("run.progress");
  assert.deepEqual(lab.methods().slice(3), []);
});

test("hostile names stay text in the message and in the thread", async (t) => {
  const lab = await Lab.open(t);
  await lab.tell("run.started", {});
  const { run, jobs } = storyView(TWO_BAD);
  const line = HOSTILE_LINES.join(" ");
  const hostile = jobs.map((job) =>
    job.decision ? { ...job, error: line, decision: { ...job.decision, reasoning: line } } : job,
  );
  lab.view = { run: { ...run, pipeline: line, notes: [line] }, jobs: hostile };
  await lab.tell("run.progress");
  assert.equal(lab.replies.length, 1);
  assert.deepEqual(mentionsIn(lab.posted), []);
  assert.deepEqual([...new Set(lab.server.received.map(({ status }) => status))], [200]);
});

const GOLDEN = new URL("../../golden/notices/", import.meta.url);

function compareGolden(file: string, arrived: string): void {
  const path = new URL(file, GOLDEN);
  if (process.env["BIOAGENT_UPDATE_GOLDEN"] === "1") writeFileSync(path, arrived);
  assert.equal(arrived, readFileSync(path, "utf8"));
}
