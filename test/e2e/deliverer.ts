/**
 * A process that delivers what is due in a store until nothing is open, on channels that post to a witness: `lab` is taken,
 * `phone` is refused for ever and has `lab` for a fallback. node deliverer.ts STORE WITNESS SECONDS_AHEAD
 */
import http from "node:http";
import { deliver } from "../../src/app/deliver.ts";
import type { Deps } from "../../src/app/deps.ts";
import type { Channel, Delivery, Message } from "../../src/ports.ts";
import { openSqliteStore } from "../../src/stores/sqlite/sqlite-store.ts";

const [path, witness, ahead] = process.argv.slice(2) as [string, string, string];
const store = openSqliteStore({ path });

function post(channel: string, { notice_id, event, possible_repeat, kept }: Message): Promise<number> {
  const body = JSON.stringify({ channel, notice_id, event, possible_repeat, kept });
  return new Promise((done, fail) => {
    const request = http.request(witness, { method: "POST", agent: false }, (response) => {
      response.resume().on("end", () => done(response.statusCode ?? 0));
    });
    request.on("error", fail).end(body);
  });
}

const channel = (name: string, fallback?: string): Channel => ({
  name,
  kind: "witness",
  recipients: [name],
  paceMilliseconds: 0,
  fallback,
  async deliver(message): Promise<Delivery> {
    const status = await post(name, message);
    if (status === 200) return { kind: "delivered", keep: { told: Number(message.kept["told"] ?? 0) + 1 } };
    return { kind: "permanent", reason: `HTTP ${status}`, disable: false };
  },
});

const channels = new Map([channel("lab"), channel("phone", "lab")].map((one) => [one.name, one]));
// Only what delivery uses: whatever else it reached for would be undefined, and fail.
const deps = {
  store,
  channels,
  brokenChannels: new Map(),
  now: () => new Date(Date.now() + Number(ahead) * 1000).toISOString(),
  warn: (text: string) => process.stderr.write(`${text}\n`),
} as unknown as Deps;

process.stdout.write("ready\n");
for (;;) {
  const { sent, failed } = await deliver(deps, { limit: 10 });
  if (sent === 0 && failed.length === 0) break;
}
await store.close();
