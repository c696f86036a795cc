import assert from "node:assert/strict";
import { test } from "node:test";
import { Webhook } from "standardwebhooks";
import { GuardedFetchError } from "../../../src/channels/guarded-fetch.ts";
import {
  openSignedWebhook,
  openWebhook,
  type WebhookOptions,
} from "../../../src/channels/webhook/channel.ts";
import type { EventData } from "../../../src/channels/webhook/cloud-event.ts";
import { WebhookConfig } from "../../../src/channels/webhook/config.ts";
import {
  type ChannelFault,
  type ChannelRig,
  HTTP_STATUSES,
  type StatusSweep,
  testChannel,
} from "../../contracts/channel.ts";
import {
  startWebhookServer,
  WEBHOOK_SECRET,
  type WebhookScript,
  type WebhookServer,
} from "../../support/webhook-server.ts";
import { HOSTILE_LINES, message, STORIES } from "../notice-stories.ts";

const TIMEOUT_MILLISECONDS = 300;

const open = (server: WebhookServer, options: Partial<WebhookOptions> = {}) =>
  openSignedWebhook({
    name: "ops",
    url: server.url,
    secrets: [WEBHOOK_SECRET],
    allowPrivateUrls: true,
    timeoutMilliseconds: TIMEOUT_MILLISECONDS,
    ...options,
  });

interface Event {
  readonly id: string;
  readonly time: string;
  readonly source: string;
  readonly data: EventData;
}

const events = (server: WebhookServer): Event[] =>
  server.received.map(({ body }) => JSON.parse(body) as Event);

/** The instant of the attempt is another each time; everything else is golden. */
const arrived = (server: WebhookServer): string =>
  `${JSON.stringify(
    events(server).map((event) => ({ ...event, time: "INSTANT" })),
    null,
    2,
  )}\n`;

function rigOf(server: WebhookServer, options: Partial<WebhookOptions> = {}): ChannelRig {
  return {
    channel: open(server, options),
    arrived: () => arrived(server),
    shown: () => events(server).map(({ data }) => data.text),
    secrets: [server.url, "p4thS3cret", "qu3ryS3cret", WEBHOOK_SECRET, WEBHOOK_SECRET.slice(6)],
    close: () => server.close(),
  };
}

function played(
  name: string,
  script: WebhookScript,
  expected: ChannelFault["expected"],
  says?: RegExp,
): ChannelFault {
  const arrange = async (): Promise<ChannelRig> => {
    const server = await startWebhookServer();
    server.script(script);
    return rigOf(server);
  };
  return { name, arrange, expected, ...(says ? { says } : {}) };
}

async function closedPort(): Promise<ChannelRig> {
  const server = await startWebhookServer();
  await server.close();
  return { ...rigOf(server), close: async () => {} };
}

const again = { kind: "rejected", after_seconds: 5, alone: true } as const;

const faults: ChannelFault[] = [
  played("200 with a page", { status: 200, body: "<html>".repeat(10_000) }, { kind: "delivered" }),
  played("202", { status: 202 }, { kind: "delivered" }),
  played(
    "301",
    { status: 301, headers: { location: "https://evil.example/" } },
    again,
    /301, a redirect.*url of channel ops/,
  ),
  played("307", { status: 307, headers: { location: "/" } }, again, /redirect/),
  played("400", { status: 400 }, again, /receiver's own log/),
  played("401", { status: 401 }, again, /know the secret of channel ops/),
  played("403", { status: 403 }, again, /clock/),
  played("404", { status: 404 }, again, /check the url of channel ops/),
  played("405", { status: 405 }, again, /must take POST/),
  played("408", { status: 408 }, again),
  played("410", { status: 410 }, { kind: "permanent", disable: true }, /wants no more/),
  played("413", { status: 413 }, again, /20 kB/),
  played("415", { status: 415 }, again, /cloudevents/),
  played("425", { status: 425 }, again),
  played(
    "429 with seconds",
    { status: 429, headers: { "retry-after": "7" } },
    { kind: "rejected", after_seconds: 7, alone: false },
    /in 7 s/,
  ),
  played("429 with nothing", { status: 429 }, again, /in 5 s/),
  played("429 with nonsense", { status: 429, headers: { "retry-after": "soon, 2" } }, again),
  played(
    "429 for a year",
    { status: 429, headers: { "retry-after": "31536000" } },
    { kind: "rejected", after_seconds: 86_400 },
  ),
  played(
    "503 with a date that is over",
    { status: 503, headers: { "retry-after": "Fri, 27 Feb 2026 10:00:00 GMT" } },
    again,
    /in 5 s/,
  ),
  played("503 with no time at all", { status: 503, headers: { "retry-after": "0" } }, again),
  played(
    "503 for longer than there are dates",
    { status: 503, headers: { "retry-after": "99999999999999" } },
    { kind: "rejected", after_seconds: 86_400 },
  ),
  played("502", { status: 502, headers: { "retry-after": "9" } }, { kind: "rejected", after_seconds: 9 }),
  played("504", { status: 504 }, again),
  played("500", { status: 500 }, again, /same webhook-id/),
  played(
    "500 with seconds",
    { status: 500, headers: { "retry-after": "9" } },
    { kind: "rejected", after_seconds: 9, alone: false },
  ),
  played("silence", "hang", again, /timeout.*same webhook-id/),
  played("a reset after the request", "reset", again, /ECONNRESET/),
  played("a reset after the answer's head", "half", { kind: "delivered" }),
  played("an answer without end", { status: 200, body: "x".repeat(300_000) }, { kind: "delivered" }),
  { name: "a closed port", arrange: closedPort, expected: again, says: /not reached: ECONNREFUSED/ },
  {
    name: "another secret at the receiver",
    arrange: async () => rigOf(await startWebhookServer(`whsec_${"A".repeat(40)}`)),
    expected: again,
    says: /400/,
  },
];

const sweep: StatusSweep = {
  name: "every HTTP status",
  statuses: HTTP_STATUSES,
  open: async () => {
    const server = await startWebhookServer();
    return { ...rigOf(server), answer: (status, body) => server.script({ status, body }) };
  },
  expected: (status) => {
    if (status < 300) return "delivered";
    return status === 410 ? "permanent" : "rejected";
  },
};

testChannel({
  kind: "webhook",
  extension: "json",
  open: async () => rigOf(await startWebhookServer()),
  maxShownChars: 12_000,
  maxMilliseconds: 2_000,
  faults,
  sweeps: [sweep],
});

async function started(
  t: { after: (fn: () => Promise<void>) => void },
  secret?: string,
): Promise<WebhookServer> {
  const server = await startWebhookServer(secret);
  t.after(() => server.close());
  return server;
}

test("an attempt that is repeated has the same id, the event's, and the time of its own", async (t) => {
  const server = await started(t);
  let now = Date.now() - 5_000;
  const channel = open(server, { now: () => now });
  server.script("hang");
  await channel.deliver(STORIES["aborted"]!, "ops");
  now += 5_000;
  assert.deepEqual(await channel.deliver(STORIES["aborted"]!, "ops"), { kind: "delivered" });
  const [first, second] = server.received.map(({ headers }) => headers);
  assert.equal(second!["webhook-id"], first!["webhook-id"]);
  assert.equal(second!["webhook-id"], events(server)[1]!.id);
  assert.match(
    second!["webhook-id"] as string,
    /^2026-02-27_rnaseq_001%2e1%2erun%2efailed%2erun%2elab%2elab~[0-9a-f]{8}$/,
  );
  assert.equal(Number(second!["webhook-timestamp"]) - Number(first!["webhook-timestamp"]), 5);
});

test("what another BioAgent tells of a run of the same name is another event, and so are more jobs", async (t) => {
  const server = await started(t);
  const channel = open(server);
  await channel.deliver(message("job.skipped"), "ops");
  await channel.deliver(message("job.skipped", { output: "gs://theirs/output/" }), "ops");
  await channel.deliver(message("job.skipped", { details: ["sample02: skipped"] }), "ops");
  await channel.deliver(message("job.skipped", {}, { possible_repeat: true }), "ops");
  const ids = events(server).map(({ id }) => id);
  assert.equal(new Set(ids).size, 3);
  assert.equal(ids[3], ids[0]);
});

test("while a secret is replaced, receivers may know either", async (t) => {
  const old = `whsec_${Buffer.from("the old secret, soon forgotten").toString("base64")}`;
  for (const known of [WEBHOOK_SECRET, old]) {
    const server = await started(t, known);
    const { kind } = await open(server, { secrets: [WEBHOOK_SECRET, old] }).deliver(
      message("run.completed"),
      "ops",
    );
    assert.equal(kind, "delivered");
    assert.equal(server.received[0]!.problem, null);
  }
  const server = await started(t, old);
  assert.equal((await open(server).deliver(message("run.completed"), "ops")).kind, "rejected");
});

test("a change anywhere breaks the signature", async (t) => {
  const server = await started(t);
  await open(server).deliver(message("run.completed"), "ops");
  const { headers, body } = server.received[0]!;
  const webhook = new Webhook(WEBHOOK_SECRET);
  const given = headers as Record<string, string>;
  webhook.verify(body, given);
  assert.throws(() => webhook.verify(body.replace("10/10", "11/10"), given));
  assert.throws(() => webhook.verify(body, { ...given, "webhook-id": "another" }));
  assert.throws(() =>
    webhook.verify(body, { ...given, "webhook-timestamp": String(Number(given["webhook-timestamp"]) + 1) }),
  );
});

test("whatever a run says, the body stays under 20 kB and a CloudEvent", async (t) => {
  const server = await started(t);
  const channel = open(server);
  const long = [...HOSTILE_LINES, "🧬".repeat(9_000), "€".repeat(9_000), '"'.repeat(9_000)];
  for (const line of long) {
    const facts = {
      run_id: line,
      name: line,
      pipeline: line,
      status_line: line,
      output: line,
      description: line,
      retries: line,
      details: Array.from({ length: 40 }, () => line),
      commands: Array.from({ length: 9 }, () => line),
    };
    assert.deepEqual(await channel.deliver(message("run.failed", facts), "ops"), { kind: "delivered" });
  }
  assert.deepEqual(
    server.received.map(({ problem }) => problem),
    long.map(() => null),
  );
});

test("details that do not fit are counted, in the data as in the text", async (t) => {
  const server = await started(t);
  const details = Array.from({ length: 500 }, (_, at) => `sample${at} failed: ${"because ".repeat(20)}`);
  await open(server).deliver(message("run.failed", { details, more: 7 }), "ops");
  const { data } = events(server)[0]!;
  assert.ok(data.details.length > 10);
  assert.equal(data.details.length + data.more, 507);
  assert.match(data.text, new RegExp(`^… and ${data.more} more$`, "m"));
});

test("pauses grow as Standard Webhooks proposes, once the number of the try is known", async (t) => {
  const server = await started(t);
  const channel = open(server);
  const pauses: number[] = [];
  for (const tries of [1, 2, 3, 4, 5, 6, 7]) {
    server.script({ status: 500 });
    const tried = { ...message("run.completed"), tries };
    const delivery = await channel.deliver(tried, "ops");
    assert.equal(delivery.kind, "rejected");
    pauses.push(delivery.kind === "rejected" ? (delivery.after_seconds ?? -1) : -1);
  }
  for (const [at, seconds] of [5, 300, 1_800, 7_200, 18_000, 36_000, 36_000].entries()) {
    assert.ok(pauses[at]! >= seconds && pauses[at]! <= seconds * 1.1 + 1, `try ${at + 1}: ${pauses[at]}`);
  }
});

test("a Retry-After as a date is counted from now", async (t) => {
  const server = await started(t);
  const now = Date.parse("2026-02-27T10:00:00Z");
  server.script({ status: 429, headers: { "retry-after": "Fri, 27 Feb 2026 10:02:00 GMT" } });
  const delivery = await open(server, { now: () => now }).deliver(message("run.completed"), "ops");
  assert.partialDeepStrictEqual(delivery, { kind: "rejected", after_seconds: 120 });
});

test("without the permission, an http or private URL is refused for good, and nothing is sent", async (t) => {
  const server = await started(t);
  for (const url of [server.url, "https://127.0.0.1/x", "https://[::1]/x", "https://169.254.169.254/x"]) {
    const config = WebhookConfig.parse({ kind: "webhook", url, secret: WEBHOOK_SECRET });
    const channel = openWebhook("ops", config, { write: () => {}, allowPrivateUrls: false });
    assert.partialDeepStrictEqual(await channel.deliver(message("run.completed"), "ops"), {
      kind: "permanent",
      disable: true,
    });
  }
  assert.equal(server.received.length, 0);
});

test("a redirect is not followed, by Node's own fetch neither", async (t) => {
  const server = await started(t);
  for (const options of [{}, { fetch }]) {
    const before = server.received.length;
    server.script({ status: 302, headers: { location: server.url } });
    assert.equal((await open(server, options).deliver(message("run.completed"), "ops")).kind, "rejected");
    assert.equal(server.received.length, before + 1);
  }
});

test("a certificate that is not accepted is told as that, and not as the network's fault", async () => {
  const codes = ["CERT_HAS_EXPIRED", "DEPTH_ZERO_SELF_SIGNED_CERT", "ERR_TLS_CERT_ALTNAME_INVALID"];
  for (const code of [...codes, "UNABLE_TO_VERIFY_LEAF_SIGNATURE"]) {
    const fetch = () => Promise.reject(new GuardedFetchError("the connection failed", code, false));
    const options = { name: "ops", url: "https://ops.example/", secrets: [WEBHOOK_SECRET], fetch };
    const delivery = await openSignedWebhook(options).deliver(message("run.completed"), "ops");
    assert.partialDeepStrictEqual(delivery, again);
    assert.match(JSON.stringify(delivery), new RegExp(`${code}. Mend its certificate`));
  }
});

test("a fetch that ignores its time limit, or puts the URL into its error, neither hangs nor tells", async () => {
  const url = "https://ops.example/hooks/p4thS3cret";
  const deliver = (fetch: () => Promise<Response>) =>
    openSignedWebhook({
      name: "ops",
      url,
      secrets: [WEBHOOK_SECRET],
      fetch,
      timeoutMilliseconds: 20,
    }).deliver(message("run.completed"), "ops");
  assert.equal((await deliver(() => new Promise(() => {}))).kind, "rejected");
  for (const said of [url, "p4thS3cret", WEBHOOK_SECRET]) {
    const telling = await deliver(() => Promise.reject(Object.assign(new Error(said), { code: said })));
    assert.equal(telling.kind, "rejected");
    assert.ok(!JSON.stringify(telling).includes(said.slice(-10)), JSON.stringify(telling));
  }
});
