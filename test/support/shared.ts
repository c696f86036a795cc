import { existsSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";

const SHARED = join(import.meta.dirname, "../../../shared");

/** Something that may lie beside a checkout (captured documents of services, stand-ins for their programs), or null. */
export function sharedPath(path: string): string | null {
  const place = join(SHARED, path);
  return existsSync(place) ? place : null;
}

/** The same for a test that is about it: skipped where it is not there, whatever is required, because no checkout may need it. */
export function besideCheckout(t: TestContext, path: string): string | null {
  const place = sharedPath(path);
  if (place === null) t.skip(`there is no shared/${path} beside this checkout`);
  return place;
}
