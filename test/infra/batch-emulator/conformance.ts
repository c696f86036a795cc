import assert from "node:assert/strict";
import { after, before, describe } from "node:test";
import type { Client, Failure, Mode, Opened } from "./clients.ts";
import { creating } from "./conformance/creating.ts";
import { ending } from "./conformance/ending.ts";
import { failing } from "./conformance/failing.ts";
import { listing } from "./conformance/listing.ts";
import { tasks } from "./conformance/tasks.ts";
import type { Scripted } from "./scripted.ts";

/** What every group of the suite works with; the emulator and the client are there when its tests run. */
export interface Bench {
  readonly mode: Mode;
  readonly client: Client;
  readonly emulator: Scripted;
  /** Asserts that the call fails, and gives what the client then knows. */
  failure(call: Promise<unknown>): Promise<Failure>;
}

/** The parent that most tests use. */
export const PARENT = "projects/p/locations/us-central1";

/** What a client of the API relies on, in one mode. */
export function conformance(mode: Mode): void {
  describe(mode.name, () => {
    let opened: Opened;
    before(async () => {
      opened = await mode.open();
    });
    after(() => opened.close());
    const bench: Bench = {
      mode,
      get client() {
        return opened.client;
      },
      get emulator() {
        return opened.emulator;
      },
      failure: (call) => failureOf(mode, call),
    };
    for (const group of [creating, listing, tasks, ending, failing]) group(bench);
  });
}

async function failureOf(mode: Mode, call: Promise<unknown>): Promise<Failure> {
  const error = await call.then(
    () => assert.fail("the call succeeded"),
    (thrown: unknown) => thrown,
  );
  return mode.failureOf(error);
}
