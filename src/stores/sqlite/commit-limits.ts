/** What one commit may hold at most: the least that a supported store takes at once. */
export const MAX_COMMIT_DOCUMENTS = 400;
export const MAX_COMMIT_BYTES = 3 * 2 ** 20;

/** Throws when the documents (as JSON) are too many or too large: the caller has failed to split its work, a bug. */
export function refuseOversize(runId: string, documents: readonly string[]): void {
  const bytes = documents.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  if (documents.length <= MAX_COMMIT_DOCUMENTS && bytes <= MAX_COMMIT_BYTES) return;
  throw new Error(
    `commit of run ${runId} has ${documents.length} documents and ${bytes} bytes; at most ${MAX_COMMIT_DOCUMENTS} and ${MAX_COMMIT_BYTES} go into one`,
  );
}
