import { MOST_BYTES, MOST_DOCUMENTS } from "../core/chunk.ts";

/** Throws when the documents (as JSON) are too many or too large for one commit: the caller has not split its work, a bug. */
export function refuseOversize(runId: string, documents: readonly string[]): void {
  const bytes = documents.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  if (documents.length <= MOST_DOCUMENTS && bytes <= MOST_BYTES) return;
  throw new Error(
    `commit of run ${runId} has ${documents.length} documents and ${bytes} bytes; at most ${MOST_DOCUMENTS} and ${MOST_BYTES} go into one`,
  );
}
