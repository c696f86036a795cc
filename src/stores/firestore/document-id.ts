import { createHash } from "node:crypto";

/** Firestore's limit is 1,500 bytes: https://cloud.google.com/firestore/quotas */
const MOST_CHARACTERS = 1_000;

/**
 * The id of the document that a text of any form names, readable where that is possible. Firestore's ids hold no `/`, are
 * neither `.` nor `..`, nor like `__x__`. Different texts have different ids: an encoded text never contains `%sha256`.
 */
export function documentId(text: string): string {
  const encoded = text.isWellFormed() ? encodeURIComponent(text).replaceAll("%40", "@") : "";
  const isUsable =
    encoded !== "" && encoded.length <= MOST_CHARACTERS && !/^(?:\.{1,2}|__.*__)$/.test(encoded);
  return isUsable ? encoded : `%sha256-${createHash("sha256").update(text).digest("hex")}`;
}
