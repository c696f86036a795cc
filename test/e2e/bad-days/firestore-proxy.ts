import { type ClientHttp2Session, connect, createServer, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";

/** Between monitors and Firestore's emulator: calls can be answered as the real service would answer them. */
export interface FirestoreProxy {
  /** `HOST:PORT`. */
  readonly host: string;
  /** From now on calls of this method (`Commit`, `RunQuery`, ...; all when left out) end with this gRPC status. */
  refuse(status: number, message: string, method?: string): void;
  mend(): void;
  /** Calls that were refused. */
  refused(): number;
  close(): Promise<void>;
}

interface Refusal {
  readonly status: number;
  readonly message: string;
  readonly method: string | undefined;
}

export async function openFirestoreProxy(target: string): Promise<FirestoreProxy> {
  let refusal: Refusal | null = null;
  let refused = 0;
  const far = connect(`http://${target}`);
  // What breaks it ends its calls too, and these tell.
  far.on("error", () => {});
  const sessions = new Set<{ destroy(): void }>();
  const server = createServer();
  server.on("session", (session) => {
    sessions.add(session);
    session.on("close", () => sessions.delete(session));
    session.on("error", () => {});
  });
  server.on("stream", (stream, headers) => {
    const path = String(headers[":path"]);
    if (refusal && (refusal.method === undefined || path.endsWith(`/${refusal.method}`))) {
      refused += 1;
      refuse(stream, refusal);
    } else forward(far, stream, headers);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  return {
    host: `127.0.0.1:${port}`,
    refuse(status, message, method) {
      refusal = { status, message, method };
    },
    mend() {
      refusal = null;
    },
    refused: () => refused,
    async close() {
      far.destroy();
      for (const session of sessions) session.destroy();
      await new Promise<void>((done) => server.close(() => done()));
    },
  };
}

/** Trailers only, as a service answers that does no work. */
function refuse(stream: ServerHttp2Stream, { status, message }: Refusal): void {
  stream.on("error", () => {});
  stream.respond(
    {
      ":status": 200,
      "content-type": "application/grpc",
      "grpc-status": String(status),
      "grpc-message": encodeURIComponent(message),
    },
    { endStream: true },
  );
}

function forward(
  far: ClientHttp2Session,
  near: ServerHttp2Stream,
  headers: Parameters<ClientHttp2Session["request"]>[0],
): void {
  const call = far.request(headers);
  near.on("error", () => call.close());
  near.on("close", () => call.close());
  call.on("error", () => near.close());
  near.pipe(call);
  call.on("response", (answer, flags) => {
    if (near.closed) return;
    // A stream that ends with its headers has no trailers of its own.
    const isOver = (flags & 0x1) !== 0;
    near.respond(answer, isOver ? { endStream: true } : { waitForTrailers: true });
    if (isOver) return;
    let trailers = {};
    call.on("trailers", (given) => {
      trailers = given;
    });
    near.on("wantTrailers", () => near.sendTrailers(trailers));
    call.pipe(near);
  });
}
