import { type protos, v1 } from "@google-cloud/batch";
import { credentials } from "@grpc/grpc-js";
import { PassThroughClient } from "google-auth-library";
import { serveGrpc } from "../../../infra/batch-emulator/grpc.ts";
import { serveRest } from "../../../infra/batch-emulator/rest.ts";
import { type Scripted, scripted } from "./scripted.ts";

// Without it the client asks for a metadata server first, and warns.
process.env["METADATA_SERVER_DETECTION"] = "none";

export type Client = v1.BatchServiceClient;
export type Job = protos.google.cloud.batch.v1.IJob;

/** What an error says in either mode. */
export interface Failure {
  /** A gRPC code or an HTTP code, as the mode has it. */
  readonly code: number;
  readonly message: string;
  readonly details: readonly { readonly fieldViolations?: readonly { readonly field: string }[] }[];
}

export interface Opened {
  readonly client: Client;
  readonly emulator: Scripted;
  close(): Promise<void>;
}

/** One of the two ways that Google's library speaks to Batch. */
export interface Mode {
  readonly name: string;
  /** The code that clients see, by its name in google.rpc.Code. */
  readonly codes: Readonly<
    Record<"invalid" | "notFound" | "exists" | "precondition" | "exhausted" | "unavailable", number>
  >;
  open(): Promise<Opened>;
  failureOf(error: unknown): Failure;
}

type Options = NonNullable<ConstructorParameters<typeof v1.BatchServiceClient>[0]>;

const common = {
  apiEndpoint: "127.0.0.1",
  projectId: "p",
  // Of another major version than the client's own: the same at run time, not to the compiler.
  authClient: new PassThroughClient() as unknown as NonNullable<Options["authClient"]>,
};

export const GRPC: Mode = {
  name: "@google-cloud/batch over gRPC",
  codes: { invalid: 3, notFound: 5, exists: 6, exhausted: 8, precondition: 9, unavailable: 14 },
  async open() {
    const emulator = scripted();
    const server = await serveGrpc({ api: emulator.api, port: 0 });
    const sslCreds = credentials.createInsecure();
    return opened(emulator, server, new v1.BatchServiceClient({ ...common, port: server.port, sslCreds }));
  },
  failureOf(error) {
    const { code, message, statusDetails = [] } = error as Failure & { statusDetails?: Failure["details"] };
    return { code, message, details: statusDetails };
  },
};

export const REST: Mode = {
  name: "@google-cloud/batch with fallback: true",
  codes: { invalid: 400, notFound: 404, exists: 409, exhausted: 429, precondition: 400, unavailable: 503 },
  async open() {
    const emulator = scripted();
    const server = await serveRest({ api: emulator.api, port: 0 });
    const options = { ...common, port: server.port, protocol: "http", fallback: true as const };
    return opened(emulator, server, new v1.BatchServiceClient(options));
  },
  failureOf(error) {
    const { code, message } = error as Failure;
    const body = JSON.parse(message) as { error: { message: string; details?: Failure["details"] } };
    return { code: Number(code), message: body.error.message, details: body.error.details ?? [] };
  },
};

function opened(emulator: Scripted, server: { close(): Promise<void> }, client: Client): Opened {
  return {
    client,
    emulator,
    async close() {
      await client.close();
      await server.close();
    },
  };
}
