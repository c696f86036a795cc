import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const require = createRequire(import.meta.url);

/** Where the `.proto` files of `@google-cloud/batch` are, and `protos.json` beside them. */
export const batchProtosFolder = (): string =>
  dirname(require.resolve("@google-cloud/batch/build/protos/protos.json"));

/** Where the common ones (`google/longrunning`, `google/rpc`, `google/protobuf`) are: with the client's own transport. */
export function commonProtosFolder(): string {
  const besideBatch = createRequire(join(batchProtosFolder(), "protos.json"));
  return join(dirname(besideBatch.resolve("google-gax")), "..", "protos");
}

/** A node of `protos.json`: a package, a message, or an enum. */
export interface ProtoNode {
  readonly nested?: Readonly<Record<string, ProtoNode>>;
  readonly fields?: Readonly<Record<string, ProtoField>>;
  readonly oneofs?: Readonly<Record<string, { readonly oneof: readonly string[] }>>;
  readonly values?: Readonly<Record<string, number>>;
}

export interface ProtoField {
  readonly type: string;
  readonly rule?: "repeated";
  readonly keyType?: string;
  readonly options?: Readonly<Record<string, unknown>>;
}

/** All packaged protos as one tree. */
export const readProtos = (): ProtoNode =>
  JSON.parse(readFileSync(join(batchProtosFolder(), "protos.json"), "utf8"));
