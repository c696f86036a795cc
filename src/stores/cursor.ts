import { AdapterError } from "../ports.ts";

/** Where a page ended: the creation of the run (epoch milliseconds), its id, and for jobs the key. Opaque to callers. */
export interface Position {
  readonly created: number;
  readonly runId: string;
  readonly key: string;
}

export const cursorOf = ({ created, runId, key }: Position): string =>
  Buffer.from(JSON.stringify([created, runId, key])).toString("base64url");

/** The position that a cursor of an earlier page stands for; undefined: from the start. */
export function positionOf(cursor: string | undefined): Position | null {
  if (cursor === undefined) return null;
  const [created, runId, key] = decode(cursor);
  if (typeof created === "number" && typeof runId === "string" && typeof key === "string") {
    return { created, runId, key };
  }
  throw new AdapterError(
    `cannot go on from cursor ${JSON.stringify(cursor.slice(0, 80))}: it is not one that an earlier page gave. Start again without a cursor.`,
    { code: "bad_cursor", retryable: false },
  );
}

function decode(cursor: string): unknown[] {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString("utf8"));
    return Array.isArray(value) ? value : [];
  } catch {
    // Not JSON: the caller says so in one way for every malformed cursor.
    return [];
  }
}
