import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { Run } from "../../../src/core/run.ts";
import type { RunStore, StartRequest } from "../../../src/ports.ts";
import { aStart } from "../../support/documents.ts";

/**
 * Opens so many handles on one new, empty store, as different processes would, and takes it all down after the test.
 * Null when it cannot be had here, and the test has been skipped.
 */
export type OpenRunStores = (t: TestContext, handles: number) => Promise<readonly RunStore[] | null>;

/** A test that gets three handles on one new store; the first is enough for most. */
export function onStores(
  open: OpenRunStores,
  behaviour: string,
  body: (store: RunStore, second: RunStore, third: RunStore) => Promise<void>,
): void {
  test(behaviour, async (t) => {
    const stores = await open(t, 3);
    if (stores) await body(stores[0]!, stores[1]!, stores[2]!);
  });
}

/** Starts a run that must come to be. Its name is its own: three tests in four do not care. */
export async function started(
  store: RunStore,
  fields: Partial<Run> = {},
  request: Partial<Omit<StartRequest, "documents">> = {},
): Promise<Run> {
  const name = fields.name ?? `run-${(names++).toString(36)}`;
  const result = await store.start(aStart({ name, ...request }, { ...fields, name }));
  assert.equal(result.kind, "created");
  return result.kind === "created" ? result.run : assert.fail();
}
let names = 0;

/** The run as it stands now. */
export async function current(store: RunStore, runId: string): Promise<Run> {
  return (await store.readRun(runId)) ?? assert.fail(`run ${runId} is gone`);
}
