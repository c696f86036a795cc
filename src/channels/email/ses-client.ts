/** Amazon's clients, loaded by `import("./ses-client.ts")` alone: bundled, a package in CommonJS has its names only by a static import. */
export { SESClient, SendRawEmailCommand } from "@aws-sdk/client-ses";
export { fromWebToken } from "@aws-sdk/credential-provider-web-identity";
