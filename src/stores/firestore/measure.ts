/** How large documents are to Firestore: https://cloud.google.com/firestore/docs/storage-size */

export interface Size {
  /** Of the stored document, without its name. */
  readonly bytes: number;
  /** Of its values in a request, about, from above. */
  readonly wireBytes: number;
  /** Entries in single-field indexes of one collection, for what is not exempt. */
  readonly indexEntries: number;
}

/** Measures a document; `isExempt` tells of a field's path whether it and all below it are not indexed. */
export function measure(fields: object, isExempt: (path: string) => boolean): Size {
  const total = { bytes: 32, wireBytes: 0, indexEntries: 0 };
  const map = (value: object, path: string, indexed: boolean): void => {
    for (const [key, member] of Object.entries(value)) {
      const place = path === "" ? key : `${path}.${key}`;
      const length = Buffer.byteLength(key);
      total.bytes += length + 1;
      total.wireBytes += length + 8;
      add(member, place, indexed && !isExempt(place));
    }
  };
  const add = (value: unknown, path: string, indexed: boolean): void => {
    // One entry for each direction.
    if (indexed) total.indexEntries += 2;
    if (typeof value === "string") {
      const length = Buffer.byteLength(value);
      total.bytes += length + 1;
      total.wireBytes += length + 5;
    } else if (Array.isArray(value)) {
      // An array is indexed by each of its members, not by what is inside them.
      if (indexed) total.indexEntries += value.length;
      total.wireBytes += 4 + 3 * value.length;
      for (const member of value) add(member, path, false);
    } else if (typeof value === "object" && value !== null && isPlain(value)) {
      total.wireBytes += 4;
      map(value, path, indexed);
    } else {
      const isSmall = typeof value === "boolean" || value === null;
      total.bytes += isSmall ? 1 : 8;
      total.wireBytes += isSmall ? 2 : 10;
    }
  };
  map(fields, "", true);
  return total;
}

const isPlain = (value: object): boolean => Object.getPrototypeOf(value) === Object.prototype;
