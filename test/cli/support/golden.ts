import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";

/** Compares with a file of `test/golden`; BIOAGENT_UPDATE_GOLDEN=1 writes it anew. */
export function assertGolden(path: string, text: string): void {
  const file = new URL(`../../golden/${path}`, import.meta.url);
  if (process.env["BIOAGENT_UPDATE_GOLDEN"] === "1") writeFileSync(file, text);
  assert.equal(
    text,
    readFileSync(file, "utf8"),
    `test/golden/${path} says otherwise; BIOAGENT_UPDATE_GOLDEN=1 writes it anew`,
  );
}
