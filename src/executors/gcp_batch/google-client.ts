// Loaded by `import()` of this file: esbuild gives a CommonJS package that is imported so no names of its own.
export { BatchServiceClient } from "@google-cloud/batch";
export { credentials } from "@grpc/grpc-js";
