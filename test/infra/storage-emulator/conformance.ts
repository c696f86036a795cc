/** What Cloud Storage does, asked by Google's own client. Each counterpart passes the parts that it has. */
import { EventEmitter } from "node:events";
import { type TestContext, test } from "node:test";
import { Storage } from "@google-cloud/storage";
import type { Check, Part } from "./conformance/check.ts";
import { conditions } from "./conformance/conditions.ts";
import { lists } from "./conformance/lists.ts";
import { objects } from "./conformance/objects.ts";
import { others } from "./conformance/others.ts";
import { uploads } from "./conformance/uploads.ts";

process.env["METADATA_SERVER_DETECTION"] = "none";
// The client's downloads put eleven listeners on one stream (teeny-request 10), which Node takes for a leak.
EventEmitter.defaultMaxListeners = 20;

export interface Counterpart {
  /** For STORAGE_EMULATOR_HOST. */
  readonly url: string;
  /** Makes an empty bucket ready for use. */
  readonly makeBucket: (storage: Storage, name: string) => Promise<void>;
}

/** Without its own retries, unless they are wanted: a suite is to see every answer. */
export function clientOf(url: string, autoRetry = false): Storage {
  process.env["STORAGE_EMULATOR_HOST"] = url;
  try {
    return new Storage({ projectId: "demo-probe", retryOptions: { autoRetry } });
  } finally {
    delete process.env["STORAGE_EMULATOR_HOST"]; // read once; other tests of the process have their own counterpart
  }
}

/** `open` gives null where the counterpart cannot be had, and has then skipped the test. */
export function storageConformance(
  name: string,
  lacks: ReadonlySet<Part>,
  open: (t: TestContext) => Counterpart | null,
): void {
  let count = 0;
  const check: Check = (part, behaviour, body) => {
    if (lacks.has(part)) return;
    test(`${name}: ${behaviour}`, async (t) => {
      const counterpart = open(t);
      if (counterpart === null) return;
      const storage = clientOf(counterpart.url);
      const bucket = `bucket-${process.pid}-${++count}`;
      await counterpart.makeBucket(storage, bucket);
      await body(storage.bucket(bucket), storage);
    });
  };
  objects(check);
  uploads(check);
  lists(check);
  conditions(check);
  others(check);
}
