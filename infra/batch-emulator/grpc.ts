import {
  type handleUnaryCall,
  Metadata,
  Server,
  ServerCredentials,
  type ServiceDefinition,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import type { BatchApi, BatchMethods } from "./api.ts";
import { definitions } from "./grpc/definitions.ts";
import {
  batchHandlers,
  type Handlers,
  locationHandlers,
  operationHandlers,
  type WireRequest,
} from "./grpc/handlers.ts";
import type { ApiError } from "./model.ts";
import { asApiError } from "./rest/errors.ts";

export interface GrpcOptions {
  readonly api: BatchApi;
  /** 0 takes a free one. */
  readonly port: number;
  /** `127.0.0.1` unless told. */
  readonly host?: string;
}

export interface GrpcServer {
  readonly port: number;
  /** Ends at once, also what is under way. */
  close(): Promise<void>;
}

/** Serves the API over gRPC without TLS: `BatchService` v1 with its operations and locations. Resolves when it listens. */
export async function serveGrpc({ api, port, host = "127.0.0.1" }: GrpcOptions): Promise<GrpcServer> {
  const { batch, operations, locations } = definitions();
  // No limit on what is sent: neither has the service, and lists are large.
  const server = new Server({
    "grpc.max_send_message_length": -1,
    "grpc.max_receive_message_length": 10_485_760,
  });
  server.addService(batch, implementation(batch, api, batchHandlers));
  server.addService(operations, implementation(operations, api, operationHandlers));
  server.addService(locations, implementation(locations, api, locationHandlers));
  const bound = await bind(server, `${host}:${port}`);
  return {
    port: bound,
    close: async () => server.forceShutdown(),
  };
}

const bind = (server: Server, address: string): Promise<number> =>
  new Promise((resolve, reject) => {
    server.bindAsync(address, ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve(port),
    );
  });

/** What a service's methods do on an API. */
type HandlersOf = (api: BatchMethods) => Handlers;

/** Methods without a handler answer UNIMPLEMENTED by themselves. */
function implementation(
  service: ServiceDefinition,
  api: BatchApi,
  handlersOf: HandlersOf,
): UntypedServiceImplementation {
  const known = handlersOf(api);
  const methods = Object.keys(service).filter((method) => known[method]);
  return Object.fromEntries(methods.map((method) => [method, unary(method, api, handlersOf)]));
}

/** Every call has an API of its own, whose answers have the fields that the call's metadata asks for. */
function unary(method: string, api: BatchApi, handlersOf: HandlersOf): handleUnaryCall<WireRequest, object> {
  return (call, answer) => {
    const mask = call.metadata.get("x-goog-fieldmask").join(",");
    const handler = handlersOf(mask === "" ? api : api.withFields(mask))[method]!;
    handler(call.request).then(
      (message) => answer(null, message),
      (error: unknown) => answer(statusOf(asApiError(error))),
    );
  };
}

/** Trailers may have 8 KiB with many clients; a longer list of mistakes is cut. */
const MAX_MESSAGE = 2_000;
const MAX_DETAILS_BYTES = 4_000;

/** Clients read details from a `google.rpc.Status` in the trailer `grpc-status-details-bin`. */
function statusOf({ code, message, details }: ApiError) {
  const metadata = new Metadata();
  const status = definitions().encodeStatus({ code, message, details });
  if (details.length > 0 && status.length <= MAX_DETAILS_BYTES)
    metadata.set("grpc-status-details-bin", status);
  return { code, details: message.slice(0, MAX_MESSAGE), metadata };
}
