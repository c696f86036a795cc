import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";

interface StoredObject {
  readonly bytes: Buffer;
  readonly generation: number;
  readonly contentType: string;
}

/** What may go wrong with the next request of a kind: an HTTP status, or `cut` to break the connection half-way. */
export type Trouble = number | "cut";

/** As much of Cloud Storage's JSON API as the wrapper's curl speaks, with every fault in the test's hand. */
export interface ObjectServer {
  readonly url: string;
  /** By `bucket/name`. */
  readonly objects: Map<string, StoredObject>;
  /** In order of use: of the session's start, of sending bytes, of asking for progress, of the token. */
  readonly troubles: Record<"begin" | "send" | "progress" | "token", Trouble[]>;
  /** Authorization headers seen when uploads began. */
  readonly logins: (string | undefined)[];
  /** Ranges that were sent. */
  readonly ranges: (string | undefined)[];
  put(name: string, text: string): void;
  text(name: string): string | undefined;
}

interface Session {
  readonly name: string;
  readonly wanted: number;
  readonly metadata: { md5Hash?: string; contentType?: string };
  bytes: Buffer;
}

export async function objectServer(t: TestContext): Promise<ObjectServer> {
  const objects = new Map<string, StoredObject>();
  const sessions: Session[] = [];
  let generation = 0;
  const store = (name: string, bytes: Buffer, contentType: string): void => {
    generation += 1;
    objects.set(name, { bytes, generation, contentType });
  };
  const server = createServer((request, response) => void answer(request, response));
  const facts: ObjectServer = {
    url: "",
    objects,
    troubles: { begin: [], send: [], progress: [], token: [] },
    logins: [],
    ranges: [],
    put: (name, text) => store(name, Buffer.from(text), "text/plain"),
    text: (name) => objects.get(name)?.bytes.toString(),
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://x");
    if (url.pathname === "/token") return token(response);
    if (url.pathname.startsWith("/session/"))
      return upload(request, response, sessions[Number(url.pathname.slice(9))]!);
    const [, kind, bucket, rest = ""] =
      /^\/(upload\/)?storage\/v1\/b\/([^/]+)\/o(?:\/(.+))?$/.exec(url.pathname) ?? [];
    if (kind) return begin(request, response, { bucket: bucket!, query: url.searchParams });
    const found = objects.get(`${bucket}/${decodeURIComponent(rest)}`);
    return found
      ? send(response, 200, metadataOf(found))
      : send(response, 404, { error: { message: "No such object" } });
  }

  function token(response: ServerResponse): void {
    const trouble = facts.troubles.token.shift();
    if (trouble) return send(response, Number(trouble), {});
    send(response, 200, {
      access_token: `secret-${facts.logins.length}`,
      expires_in: 3599,
      token_type: "Bearer",
    });
  }

  async function begin(
    request: IncomingMessage,
    response: ServerResponse,
    { bucket, query }: { bucket: string; query: URLSearchParams },
  ): Promise<void> {
    const body = await bodyOf(request);
    facts.logins.push(request.headers.authorization);
    const trouble = facts.troubles.begin.shift();
    if (typeof trouble === "number")
      return send(response, trouble, { error: { message: `told to say ${trouble}` } });
    const metadata = JSON.parse(body.toString()) as Session["metadata"];
    const name = `${bucket}/${query.get("name")}`;
    sessions.push({ name, wanted: Number(query.get("ifGenerationMatch")), metadata, bytes: Buffer.alloc(0) });
    response.setHeader("Location", `${facts.url}/session/${sessions.length - 1}`);
    send(response, 200, {});
  }

  async function upload(request: IncomingMessage, response: ServerResponse, session: Session): Promise<void> {
    const range = request.headers["content-range"];
    if (range?.startsWith("bytes */")) return progress(response, session);
    facts.ranges.push(range);
    const trouble = facts.troubles.send.shift();
    if (trouble === "cut") return cut(request, session);
    const from = Number(/^bytes (\d+)-/.exec(range ?? "")?.[1] ?? 0);
    session.bytes = Buffer.concat([session.bytes.subarray(0, from), await bodyOf(request)]);
    if (trouble) return send(response, trouble, { error: { message: "told to" } });
    finish(response, session);
  }

  function finish(response: ServerResponse, { name, wanted, metadata, bytes }: Session): void {
    const present = objects.get(name)?.generation ?? 0;
    if (present !== wanted) return send(response, 412, { error: { message: "conditionNotMet" } });
    if (metadata.md5Hash !== md5(bytes))
      return send(response, 400, { error: { message: "md5 does not match" } });
    store(name, bytes, metadata.contentType ?? "");
    send(response, 200, metadataOf(objects.get(name)!));
  }

  function progress(response: ServerResponse, { bytes }: Session): void {
    const trouble = facts.troubles.progress.shift();
    if (typeof trouble === "number") return send(response, trouble, {});
    if (bytes.length > 0) response.setHeader("Range", `bytes=0-${bytes.length - 1}`);
    send(response, 308, {});
  }

  /** Keeps the first half of what comes, and breaks the connection. */
  async function cut(request: IncomingMessage, session: Session): Promise<void> {
    const bytes = await bodyOf(request);
    session.bytes = bytes.subarray(0, Math.floor(bytes.length / 2));
    request.socket.destroy();
  }

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return Object.assign(facts, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
}

const md5 = (bytes: Buffer): string => createHash("md5").update(bytes).digest("base64");
const metadataOf = ({ bytes, generation }: StoredObject): object => ({
  generation: String(generation),
  size: String(bytes.length),
  md5Hash: md5(bytes),
});

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body, null, 2));
}
