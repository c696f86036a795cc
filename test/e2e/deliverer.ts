/**
 * A process that delivers what is due in a store until nothing comes due any more, on channels that post to a witness. It writes each
 * step down, and kills itself at the one it is told. node deliverer.ts STORE WITNESS SECONDS_AHEAD NUMBER [before|after STEP]
 */
import { writeSync } from "node:fs";
import http from "node:http";
import { deliverBacklog } from "../../src/app/deliver-backlog.ts";
import type { Deps } from "../../src/app/deps.ts";
import { sleep } from "../../src/app/sleep.ts";
import type { Notice } from "../../src/core/notice.ts";
import type { Channel, Delivery, Message } from "../../src/ports.ts";
import { openSqliteStore } from "../../src/stores/sqlite/sqlite-store.ts";

const [path, witness, ahead, number, side, fatal] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
  string?,
  string?,
];
const PROGRESS_FD = 3;

const WRITES: Readonly<Record<string, string>> = {
  updateChannel: "channel",
  updateThread: "keep",
  addNotice: "instead",
};
const NOTICE_WRITES: Readonly<Record<Notice["status"], string>> = {
  sending: "claim",
  pending: "put off",
  dropped: "drop",
  sent: "mark",
  failed: "mark",
  unknown: "mark",
};

let steps = 0;

/** `kill -9` of oneself, which nothing survives: no handler, no flush, no answer. */
function dieIf(when: "before" | "after", step: number): void {
  if (when === side && step === Number(fatal)) process.kill(process.pid, "SIGKILL");
}

async function step<T>(name: string, work: () => Promise<T>): Promise<T> {
  const mine = ++steps;
  dieIf("before", mine);
  writeSync(PROGRESS_FD, `during ${name}\n`);
  const result = await work();
  writeSync(PROGRESS_FD, `after ${name}\n`);
  dieIf("after", mine);
  return result;
}

const opened = openSqliteStore({ path });
const store = new Proxy(opened, {
  get: (target, key) => {
    const value = Reflect.get(target, key);
    const isStep = key === "updateNotice" || String(key) in WRITES;
    if (typeof value !== "function" || !isStep) return value;
    return (given: Notice) => {
      const name = key === "updateNotice" ? NOTICE_WRITES[given.status] : WRITES[String(key)]!;
      return step(name, () => value.call(target, given));
    };
  },
});

function post(channel: string, { notice_id, event, possible_repeat, kept, facts }: Message): Promise<number> {
  const { run_id, details } = facts;
  const said = { channel, notice_id, event, possible_repeat, kept, run_id, details, number: Number(number) };
  return new Promise((done, fail) => {
    const request = http.request(witness, { method: "POST", agent: false }, (response) => {
      response.resume().on("end", () => done(response.statusCode ?? 0));
    });
    request.on("error", fail).end(JSON.stringify(said));
  });
}

async function tell(name: string, message: Message): Promise<Delivery> {
  const status = await post(name, message);
  if (status === 200) return { kind: "delivered", keep: { told: Number(message.kept["told"] ?? 0) + 1 } };
  if (status === 429) return { kind: "rejected", reason: "HTTP 429", after_seconds: 1 };
  return { kind: "permanent", reason: `HTTP ${status}`, disable: name === "gone" };
}

const channel = (name: string, more: Partial<Channel> = {}): Channel => ({
  name,
  kind: "witness",
  recipients: [name],
  paceMilliseconds: 0,
  deliver: (message) => step("send", () => tell(name, message)),
  ...more,
});

const CHANNELS = [
  channel("lab", { paceMilliseconds: 3 }),
  channel("board", { follows: true }),
  channel("phone", { fallback: "lab" }),
  channel("gone", { fallback: "lab" }),
];
const now = (): string => new Date(Date.now() + Number(ahead) * 1000).toISOString();
// Only what delivery uses: whatever else it reached for would be undefined, and fail.
const deps = {
  store,
  channels: new Map(CHANNELS.map((one) => [one.name, one])),
  brokenChannels: new Map(),
  now,
  warn: (text: string) => process.stderr.write(`${text}\n`),
} as unknown as Deps;

process.stdout.write("ready\n");
await deliverBacklog(deps, { limit: 10, until: Date.parse(now()) + 120_000, longestWait: 4000, sleep });
await opened.close();
