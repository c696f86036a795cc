/**
 * The monitor alone in a process, so that its memory is nobody else's: `node cloud-monitor.ts`, configured by its environment. It serves
 * `poll` at `POST /`, `api` below `/v1`, what it has cost at `GET /cost`, and `POST /later?milliseconds=N` sets its clock forward.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { readConfig } from "../src/config.ts";
import { handleApi } from "../src/http/api.ts";
import type { HttpRequest } from "../src/http/message.ts";
import { plainHeaders, readBytes, send, splitTarget } from "../src/http/node-request.ts";
import { openPoll } from "../src/http/poll.ts";
import type { Usage } from "../src/stores/firestore/database.ts";
import { type App, channelKinds, openApp } from "../src/wire.ts";
import { countingStore } from "./counting-store.ts";
import { peakMiB } from "./peak-memory.ts";

/** What the monitor has cost since its process began; Batch counts its calls itself. */
export interface Cost {
  /** Documents and calls, as Firestore bills them. */
  readonly firestore: Usage;
  /** Writes of job documents by passes. */
  readonly jobWrites: number;
  readonly peakMiB: number;
  /** Milliseconds of processor time. */
  readonly cpu: number;
  /** The most pushes that were open at one time, and all of them. */
  readonly mostOpen: number;
  readonly pushes: number;
  readonly refused: number;
  /** What became of hints, summed up from the heartbeats. */
  readonly hints: Readonly<Record<string, number>>;
  /** Of each sweep, milliseconds. */
  readonly sweeps: readonly number[];
}

const { env } = process;
const warn = (text: string): void => console.error(`monitor: ${text}`);
const config = await readConfig({ env, cwd: process.cwd(), channelKinds });
const opened = await openApp(config, { write: () => {}, warn });
const store = countingStore(opened.deps.store);
let ahead = 0;
const now = (): number => Date.now() + ahead;
const app: App = {
  ...opened,
  deps: { ...opened.deps, store, now: () => new Date(now()).toISOString() },
};
const open = { now: 0, most: 0, pushes: 0, refused: 0 };
const hints: Record<string, number> = {};
const sweeps: number[] = [];
const poll = openPoll(app, {
  cloudService: null,
  print: (line) => {
    const beat = JSON.parse(line) as { duration_ms: number; hints?: Record<string, number> };
    sweeps.push(beat.duration_ms);
    for (const [fate, count] of Object.entries(beat.hints ?? {})) hints[fate] = (hints[fate] ?? 0) + count;
  },
  time: {
    now,
    sleep: (milliseconds) => new Promise((done) => setTimeout(done, milliseconds)),
  },
});

const server = createServer({ requestTimeout: 0 }, async (message, response) => {
  const target = splitTarget(message.url ?? "/");
  const body = (await readBytes(message)) ?? new Uint8Array();
  const request: HttpRequest = {
    ...target,
    method: message.method ?? "GET",
    headers: plainHeaders(message.headers),
    body,
    caller: null,
  };
  if (target.path === "/cost") response.end(JSON.stringify(cost()));
  else if (target.path === "/later") {
    ahead += Number(target.query.get("milliseconds"));
    response.end();
  } else if (target.path === "/") send(response, await (body.length > 0 ? pushed(request) : poll(request)));
  else send(response, await handleApi(app, request));
});
server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port));
// The parent is gone: nobody will stop us.
process.on("disconnect", () => process.exit());
process.on("SIGTERM", () => process.exit());

async function pushed(request: HttpRequest): ReturnType<typeof poll> {
  open.now += 1;
  open.pushes += 1;
  open.most = Math.max(open.most, open.now);
  try {
    const answer = await poll(request);
    if (answer.status >= 300) open.refused += 1;
    return answer;
  } finally {
    open.now -= 1;
  }
}

function cost(): Cost {
  if (!("usage" in opened.deps.store)) throw new Error("the monitor is measured on Firestore only");
  const { user, system } = process.cpuUsage();
  return {
    firestore: { ...(opened.deps.store.usage as Usage) },
    jobWrites: store.counts.jobWrites,
    peakMiB: peakMiB(),
    cpu: (user + system) / 1000,
    ...{ mostOpen: open.most, pushes: open.pushes, refused: open.refused },
    hints,
    sweeps,
  };
}
