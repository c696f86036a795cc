// Loaded by `import()` of this file: bundled, a package in CommonJS has its names only by a static import.
export { WebClient } from "@slack/web-api";
