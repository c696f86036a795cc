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
import type { RunStore } from "../../src/ports.ts";
import { openSqliteStore } from "../../src/stores/sqlite/sqlite-store.ts";
import { aNotice } from "../support/documents.ts";

/** `npm run test:chaos` asks for 500. */
const KILLS = Number(process.env["BIOAGENT_DELIVERY_KILLS"] ?? 20);
/** Lives are this long at most, milliseconds from the first delivery: a round of ten takes about as long. */
const LIFE = 40;
/** Seconds that pass between two lives: claims of the dead have run out. */
const BETWEEN_LIVES = 130;
const EVENTS = ["run.started", "job.retried", "run.waiting", "run.completed"] as const;

interface Told {
  readonly channel: string;
  readonly notice_id: string;
  readonly event: Notice["event"];
  readonly possible_repeat: boolean;
  /** In whose life. */
  readonly life: number;
}

/** Writes down what arrives, and answers a little later, so that lives end on either side of it. */
async function openWitness(t: TestContext, random: () => number) {
  const told: Told[] = [];
  const witness = { told, life: 0, url: "" };
  const server = http.createServer(async (request, response) => {
    const said = JSON.parse(await readText(request)) as Told;
    told.push({ ...said, life: witness.life });
    await sleep(3 * random());
    response.writeHead(said.channel === "phone" ? 410 : 200).end();
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

/** One run's notices for two channels. */
async function fillOutbox(store: RunStore, number: number): Promise<void> {
  const run_id = `2026-02-27_rnaseq_${String(number).padStart(3, "0")}`;
  const at = "2026-02-27T10:00:00.000Z";
  for (const channel of ["lab", "phone"]) {
    for (const event of EVENTS) {
      const id = `${run_id}~${event}~${channel}`;
      const fields = { id, run_id, channel, recipient: channel, event, created_at: at, next_at: at };
      assert.equal(await store.addNotice(aNotice(fields)), true);
    }
  }
}

const isOpen = ({ status }: Notice): boolean => status === "pending" || status === "sending";

test(`${KILLS} times kill -9 of a deliverer at random moments: nothing is lost, repeats are marked`, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "bioagent-delivery-kills-"));
  t.after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  const path = join(folder, "store.db");
  const store = openSqliteStore({ path });
  t.after(() => store.close());
  const random = seeded(20261121);
  const witness = await openWitness(t, random);
  const killed = new Set<number>();
  let runs = 0;
  for (let life = 1; killed.size < KILLS; life++) {
    witness.life = life;
    const open = (await store.queryNotices({ limit: 5000 })).filter(isOpen);
    if (open.length < 20) for (let more = 0; more < 10; more++) await fillOutbox(store, ++runs);
    const child = await startDeliverer(t, path, witness.url, life);
    const over = once(child, "exit");
    await Promise.race([sleep(LIFE * random()), over]);
    if (child.exitCode !== null) continue;
    child.kill("SIGKILL");
    killed.add(life);
    await over;
  }
  const last = KILLS * 3;
  witness.life = last;
  const [code] = await once(await startDeliverer(t, path, witness.url, last), "exit");
  assert.equal(code, 0);
  const notices = await store.queryNotices({ limit: 100_000 });
  check(notices, witness.told, killed);
  t.diagnostic(
    `${killed.size} kills, ${notices.length} notices, ${witness.told.length} told, ${repeats(witness.told)} repeated`,
  );
});

async function startDeliverer(
  t: TestContext,
  path: string,
  url: string,
  life: number,
): Promise<ChildProcess> {
  const script = join(import.meta.dirname, "deliverer.ts");
  const days = life * BETWEEN_LIVES;
  const child = spawn(process.execPath, [script, path, url, String(days)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.after(() => child.kill("SIGKILL"));
  await once(child.stdout!, "data");
  return child;
}

function repeats(told: readonly Told[]): number {
  return told.length - new Set(told.map(({ channel, notice_id }) => `${channel} ${notice_id}`)).size;
}

function check(notices: readonly Notice[], told: readonly Told[], killed: ReadonlySet<number>): void {
  const byNotice = Map.groupBy(told, ({ channel, notice_id }) => `${channel} ${notice_id}`);
  for (const notice of notices) {
    assert.ok(!isOpen(notice), `${notice.id} is still ${notice.status}: ${notice.error}`);
    const tellings = byNotice.get(`${notice.channel} ${notice.id}`) ?? [];
    const must = mustArrive(notice.event) && notice.status !== "dropped";
    if (must) assert.ok(tellings.length > 0, `${notice.id} was never told`);
    if (!mustArrive(notice.event)) assert.ok(tellings.length <= 1, `${notice.id} was told twice`);
    for (const [at, { possible_repeat }] of tellings.slice(1).entries()) {
      const { life } = tellings[at]!;
      assert.ok(killed.has(life), `${notice.id} was repeated although its deliverer ${life} lived`);
      assert.ok(possible_repeat, `the repeat of ${notice.id} is not marked`);
    }
  }
  const given = notices.filter(
    ({ channel, event, status }) => channel === "phone" && mustArrive(event) && status === "failed",
  );
  const instead = notices.filter(({ group }) => group.includes("instead-of-phone"));
  assert.equal(instead.length, given.length, "what the phone refused was told elsewhere, once each");
}

/** Numbers in [0, 1), the same in every run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
