import type { TestContext } from "node:test";

/**
 * For a test that needs something the machine may lack: skips it by name, or fails it under `BIOAGENT_REQUIRE=all`.
 * Returns true when the test may go on.
 */
export function needs(t: TestContext, what: string, present: boolean, remedy: string): boolean {
  if (present) return true;
  if (process.env["BIOAGENT_REQUIRE"] === "all") throw new Error(`this test needs ${what}: ${remedy}`);
  t.skip(`needs ${what}: ${remedy}`);
  return false;
}
