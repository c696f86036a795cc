import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";

/** A new, empty directory that goes with the test. */
export function temporaryDirectory(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), "bioagent-store-"));
  t.after(() => {
    // The test may have taken our own right to write away.
    chmodSync(directory, 0o755);
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  });
  return directory;
}
