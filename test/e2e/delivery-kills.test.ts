import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text as readText } from "node:stream/consumers";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { mustArrive, type Notice } from "../../src/core/notice.ts";
import { isGrouped } from "../../src/core/outbox.ts";
import type { RunStore } from "../../src/ports.ts";
import { openSqliteStore } from "../../src/stores/sqlite/sqlite-store.ts";
import { aNotice } from "../support/documents.ts";

/** `npm run test:chaos` asks for 500. */
const KILLS = Number(process.env["BIOAGENT_DELIVERY_KILLS"] ?? 20);
/** Milliseconds after which a deliverer is killed from outside at the latest, from its first step. */
const LIFE = 60;
/** The latest of its own steps at which one kills itself. */
const STEPS = 40;
/** Seconds that pass between two lives: claims of the dead have run out. */
const BETWEEN_LIVES = 130;
/** Seconds after which what was gathered may be told again. */
const QUIET = 400;
/** `lab` is paced, and busy now and then; `board` follows runs; the two others refuse for ever, and have `lab` for a fallback. */
const CHANNELS = ["lab", "board", "phone", "gone"] as const;
const EVENTS = ["run.started", "job.skipped", "job.skipped", "run.waiting", "run.completed"] as const;
/** Where a delivery can be cut in two. */
const SITES = [
  "after claim",
  "after channel",
  "during send",
  "after send",
  "after keep",
  "after instead",
  "after mark",
  "after drop",
  "after put off",
];

interface Told {
  readonly channel: string;
  readonly notice_id: string;
  readonly run_id: string;
  readonly event: Notice["event"];
  readonly details: readonly string[];
  readonly possible_repeat: boolean;
  /** Of the deliverer. */
  readonly number: number;
}

/** Writes down what arrives, and answers a little later, so that lives end on either side of it. */
async function openWitness(t: TestContext, random: () => number) {
  const told: Told[] = [];
  const witness = { told, url: "" };
  const server = http.createServer(async (request, response) => {
    const said = JSON.parse(await readText(request)) as Told;
    const isBusy = said.channel === "lab" && random() < 0.03;
    if (!isBusy) told.push(said);
    await sleep(3 * random());
    response.writeHead(isBusy ? 429 : said.channel === "phone" || said.channel === "gone" ? 410 : 200).end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  witness.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return witness;
}

/** One run's notices for all channels. */
async function fillOutbox(store: RunStore, number: number): Promise<void> {
  const run_id = `2026-02-27_rnaseq_${String(number).padStart(5, "0")}`;
  const at = "2026-02-27T10:00:00.000Z";
  for (const channel of CHANNELS) {
    for (const [place, event] of EVENTS.entries()) {
      const id = `${run_id}~${place}~${channel}`;
      const facts = { ...aNotice({ run_id }).facts, details: [`detail ${place}`] };
      const fields = { id, run_id, channel, recipient: channel, event, facts, created_at: at, next_at: at };
      assert.equal(await store.addNotice(aNotice({ ...fields, group: String(place) })), true);
    }
  }
}

const isOpen = ({ status }: Notice): boolean => status === "pending" || status === "sending";

test(`${KILLS} times kill -9 of deliverers, two at a time, at any step: nothing is lost, repeats are marked`, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "bioagent-delivery-kills-"));
  t.after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  const path = join(folder, "store.db");
  const store = openSqliteStore({ path });
  t.after(() => store.close());
  const random = seeded(20261121);
  const witness = await openWitness(t, random);
  const killed = new Map<number, string>();
  let ahead = 0;
  let number = 0;
  let runs = 0;
  while (killed.size < KILLS) {
    ahead += BETWEEN_LIVES;
    const open = (await store.queryNotices({ status: ["pending", "sending"], limit: 100 })).length;
    if (open < 60) for (let more = 0; more < 5; more++) await fillOutbox(store, ++runs);
    const lives = [1, 2].map(async () => {
      const mine = ++number;
      const at =
        random() < 0.7 ? [random() < 0.5 ? "before" : "after", String(1 + Math.floor(STEPS * random()))] : [];
      const child = startDeliverer(t, [path, witness.url, String(ahead), String(mine), ...at]);
      const site = await killLater(child, at.length > 0 ? 10 * LIFE : LIFE * random());
      if (site !== null) killed.set(mine, site);
    });
    await Promise.all(lives);
  }
  for (let pass = 0; pass < 10 && (await store.queryNotices({ limit: 100_000 })).some(isOpen); pass++) {
    ahead += QUIET;
    const child = startDeliverer(t, [path, witness.url, String(ahead), String(++number)]);
    assert.deepEqual(await once(child, "exit"), [0, null]);
  }
  const notices = await store.queryNotices({ limit: 100_000 });
  check(notices, witness.told, new Set(killed.keys()));
  const sites = Object.entries(Object.groupBy(killed.values(), (site) => site))
    .map(([site, all]) => `${site} ${all!.length}`)
    .sort()
    .join(", ");
  t.diagnostic(
    `${killed.size} kills (${sites}), ${notices.length} notices, ${witness.told.length} told, ${repeats(witness.told)} repeated`,
  );
  const missed = KILLS < 500 ? [] : SITES.filter((site) => ![...killed.values()].includes(site));
  assert.deepEqual(missed, [], "where nobody was killed");
});

function startDeliverer(t: TestContext, args: readonly string[]): ChildProcess {
  const script = join(import.meta.dirname, "deliverer.ts");
  const child = spawn(process.execPath, [script, ...args], { stdio: ["ignore", "pipe", "inherit", "pipe"] });
  t.after(() => child.kill("SIGKILL"));
  return child;
}

/** Kills it so many milliseconds after its beginning, if it still lives. Where it died; null: it ended by itself. */
async function killLater(child: ChildProcess, milliseconds: number): Promise<string | null> {
  const steps = readText(child.stdio[3] as NodeJS.ReadableStream);
  const over = once(child, "exit");
  await Promise.race([once(child.stdout!, "data"), over]);
  const enough = new AbortController();
  await Promise.race([sleep(milliseconds, null, { signal: enough.signal }).catch(() => {}), over]);
  enough.abort();
  child.kill("SIGKILL");
  const [code, signal] = await over;
  if (signal === "SIGKILL") return (await steps).trimEnd().split("\n").at(-1) || "before all";
  assert.equal(code, 0);
  return null;
}

function repeats(told: readonly Told[]): number {
  return told.length - new Set(told.map(({ channel, notice_id }) => `${channel} ${notice_id}`)).size;
}

function check(notices: readonly Notice[], told: readonly Told[], killed: ReadonlySet<number>): void {
  const byNotice = Map.groupBy(told, ({ channel, notice_id }) => `${channel} ${notice_id}`);
  const tellingsOf = ({ channel, id }: Notice): readonly Told[] => byNotice.get(`${channel} ${id}`) ?? [];
  for (const notice of notices) {
    assert.ok(!isOpen(notice), `${notice.id} is still ${notice.status}: ${notice.error}`);
    assert.ok(isKept(notice, notices, told), `${notice.id} is ${notice.status}, and was never told`);
    const tellings = tellingsOf(notice);
    if (!mustArrive(notice.event)) assert.ok(tellings.length <= 1, `${notice.id} was told twice`);
    for (const [at, { possible_repeat, number: second }] of tellings.slice(1).entries()) {
      const { number } = tellings[at]!;
      const isDead = killed.has(number) && lifeOf(number) < lifeOf(second);
      assert.ok(isDead, `${notice.id} was repeated by ${second} although ${number} lived`);
      assert.ok(possible_repeat, `the repeat of ${notice.id} is not marked`);
    }
  }
}

/** Two deliverers live at a time. */
const lifeOf = (number: number): number => Math.ceil(number / 2);

/** Whether people were told, or need not be: progress that nobody knows of, and what the end has overtaken. */
function isKept(notice: Notice, notices: readonly Notice[], told: readonly Told[]): boolean {
  const { id, run_id, channel, event, facts } = notice;
  const isTold = told.some(
    (telling) =>
      telling.channel === channel &&
      telling.run_id === run_id &&
      telling.event === event &&
      (isGrouped(notice) ? telling.details.includes(facts.details[0]!) : telling.notice_id === id),
  );
  switch (notice.status) {
    case "sent":
      return isTold;
    case "failed":
      return !mustArrive(event) || isToldInstead(notice, notices);
    case "unknown":
      return !mustArrive(event);
    case "dropped":
      return event !== "run.completed" && isEndTold(notice, notices);
    default:
      return false;
  }
}

const isToldInstead = ({ run_id, event, channel }: Notice, notices: readonly Notice[]): boolean =>
  notices.filter(
    (other) =>
      other.run_id === run_id &&
      other.event === event &&
      other.channel === "lab" &&
      other.group.endsWith(`instead-of-${channel}-${channel}`) &&
      other.status !== "failed",
  ).length === 1;

const isEndTold = ({ run_id, channel }: Notice, notices: readonly Notice[]): boolean =>
  notices.some(
    (other) =>
      other.run_id === run_id &&
      other.channel === channel &&
      other.event === "run.completed" &&
      other.status === "sent",
  );

/** Numbers in [0, 1), the same in every run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
