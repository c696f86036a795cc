import { AdapterError } from "../../ports.ts";
import type { Write } from "./database.ts";
import { NOT_INDEXED } from "./indexing.ts";
import { measure } from "./measure.ts";

/** Firestore's limits: https://cloud.google.com/firestore/quotas. The emulator does not hold all of them. */
const MOST_DOCUMENT_BYTES = 2 ** 20;
const MOST_INDEX_ENTRIES = 40_000;
const MOST_WRITES = 500;
const MOST_ID_BYTES = 1_500;
const MOST_REQUEST_BYTES = 10 * 2 ** 20;
/** Beyond gRPC's own default the emulator answers nothing that the client understands: it would wait for minutes. */
const MOST_EMULATOR_BYTES = 4 * 2 ** 20;

/** Throws an `AdapterError` that names the document and its size, before anything is sent that Firestore would refuse. */
export function guardWrites(writes: readonly Write[], what: string, isEmulator: boolean): void {
  if (writes.length > MOST_WRITES) refuse(what, `it has ${writes.length} writes, more than ${MOST_WRITES}`);
  let request = 0;
  for (const write of writes) {
    guardIds(write.path, what);
    if (write.kind === "delete") continue;
    request += write.path.length + 200 + guardDocument(write.path, write.data, what);
  }
  const most = isEmulator ? MOST_EMULATOR_BYTES : MOST_REQUEST_BYTES;
  if (request > most) refuse(what, `it has about ${request} bytes, more than the ${most} of one request`);
}

function guardIds(path: string, what: string): void {
  const parts = path.split("/");
  const isWrong = (id: string): boolean =>
    id === "" || /^(?:\.{1,2}|__.*__)$/s.test(id) || Buffer.byteLength(id) > MOST_ID_BYTES;
  if (parts.some(isWrong)) refuse(what, `${path.slice(0, 200)} is no document that Firestore can hold`);
}

/** Returns its bytes in a request. */
function guardDocument(path: string, data: object, what: string): number {
  const exempt = new Set(NOT_INDEXED[path.split("/").at(-2) ?? ""]);
  const { bytes, wireBytes, indexEntries } = measure(data, (field) => exempt.has(field));
  const size = bytes + path.length;
  if (size > MOST_DOCUMENT_BYTES)
    refuse(what, `document ${path} has ${size} bytes${largest(data)}, more than ${MOST_DOCUMENT_BYTES}`);
  if (indexEntries > MOST_INDEX_ENTRIES)
    refuse(what, `document ${path} has ${indexEntries} index entries, more than ${MOST_INDEX_ENTRIES}`);
  return wireBytes;
}

/** The field to blame. */
function largest(data: object): string {
  const [field, bytes] = Object.entries(data)
    .map(([key, value]) => [key, measure({ [key]: value }, () => true).bytes] as const)
    .reduce((most, next) => (next[1] > most[1] ? next : most), ["", 0]);
  return ` (${bytes} of them in ${field})`;
}

function refuse(what: string, why: string): never {
  throw new AdapterError(
    `Firestore: cannot ${what}: ${why}. Nothing was written. Split it: fewer samples in one run, shorter texts.`,
    { code: "too_large", retryable: false },
  );
}
