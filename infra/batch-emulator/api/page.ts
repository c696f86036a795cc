import { createHash } from "node:crypto";
import { fieldIsInvalid } from "../validate/violation.ts";

/** Seen in googleapis/python-batch 101; the most is not documented. */
const DEFAULT_PAGE_SIZE = 500;
const MAX_PAGE_SIZE = 1_000;

export interface PageRequest {
  readonly pageSize?: number | undefined;
  readonly pageToken?: string | undefined;
}

/** Where a list goes on: the size of its pages and the last entry given. */
interface Token {
  readonly size: number;
  readonly after: readonly string[];
}

export interface Page<T> {
  readonly items: T[];
  readonly nextPageToken?: string;
}

/**
 * One page of what `entriesAfter` finds, in order, behind an entry (null: from the start). A token holds for requests with the
 * same `binding` and page size only.
 */
export function pageOf<T>(
  request: PageRequest,
  binding: readonly string[],
  entriesAfter: (after: readonly string[] | null) => readonly T[],
  keyOf: (entry: T) => readonly string[],
): Page<T> {
  const bound = hashOf(binding);
  const token = request.pageToken ? parseToken(request.pageToken, bound) : null;
  const size = pageSize(request.pageSize ?? 0, token);
  const entries = entriesAfter(token?.after ?? null);
  const items = entries.slice(0, size);
  if (entries.length <= size) return { items };
  return { items, nextPageToken: tokenText(bound, { size, after: keyOf(items.at(-1)!) }) };
}

function pageSize(asked: number, token: Token | null): number {
  if (asked < 0) throw fieldIsInvalid("page_size", `it must not be negative, got ${asked}`);
  const size = asked === 0 ? DEFAULT_PAGE_SIZE : Math.min(asked, MAX_PAGE_SIZE);
  if (token && size !== token.size) {
    // The service's own text (googleapis/python-batch 101).
    throw fieldIsInvalid(
      "pagesize",
      `mismatching token page size error : request page size (${asked}) != token page size (${token.size})`,
    );
  }
  return size;
}

const hashOf = (binding: readonly string[]): string =>
  createHash("sha256").update(JSON.stringify(binding)).digest("base64url").slice(0, 12);

const tokenText = (bound: string, { size, after }: Token): string =>
  Buffer.from(JSON.stringify([bound, size, ...after])).toString("base64url");

function parseToken(text: string, bound: string): Token {
  const [tokenBound, size, ...after] = tokenParts(text);
  if (typeof tokenBound !== "string" || typeof size !== "number") {
    throw fieldIsInvalid("page_token", "it was not given by this service");
  }
  if (tokenBound !== bound) {
    throw fieldIsInvalid(
      "page_token",
      "parent, filter and order must be those of the request that it was given for",
    );
  }
  return { size, after: after.map(String) };
}

function tokenParts(text: string): readonly unknown[] {
  try {
    const parts: unknown = JSON.parse(Buffer.from(text, "base64url").toString());
    return Array.isArray(parts) ? parts : [];
  } catch {
    return []; // Not ours: the caller says so.
  }
}
