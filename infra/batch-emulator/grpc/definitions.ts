import type { ServiceDefinition } from "@grpc/grpc-js";
import { loadSync, type MessageTypeDefinition } from "@grpc/proto-loader";
import { batchProtosFolder, commonProtosFolder } from "../validate/protos.ts";

/** The services, and the one message that is written outside of a call. */
export interface Definitions {
  readonly batch: ServiceDefinition;
  readonly operations: ServiceDefinition;
  readonly locations: ServiceDefinition;
  /** A `google.rpc.Status` as bytes, with details in JSON form (`@type`). */
  encodeStatus(status: object): Buffer;
}

let loaded: Definitions | null = null;

/** From the packaged protos, read once. */
export function definitions(): Definitions {
  if (loaded) return loaded;
  const all = loadSync(
    [
      "google/cloud/batch/v1/batch.proto",
      "google/longrunning/operations.proto",
      "google/cloud/location/locations.proto",
      "google/rpc/status.proto",
      "google/rpc/error_details.proto",
    ],
    { includeDirs: [batchProtosFolder(), commonProtosFolder()], longs: String, enums: String },
  );
  const status = all["google.rpc.Status"] as MessageTypeDefinition<object, object>;
  loaded = {
    batch: all["google.cloud.batch.v1.BatchService"] as ServiceDefinition,
    operations: all["google.longrunning.Operations"] as ServiceDefinition,
    locations: all["google.cloud.location.Locations"] as ServiceDefinition,
    encodeStatus: (value) => status.serialize(value),
  };
  return loaded;
}
