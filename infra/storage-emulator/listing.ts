import { join } from "node:path";
import { invalid } from "./api-error.ts";
import { globPattern } from "./glob.ts";
import { type ObjectMetadata, objectResource } from "./object-metadata.ts";
import type { ObjectStore } from "./object-store.ts";
import { namesBelow } from "./tree.ts";

/** The service's own limit, also when more is asked for. */
const MOST_PER_PAGE = 1000;
/** Milliseconds for which the pages of one listing share one walk through the folders. */
const WALK_AGE = 5000;

interface Wanted {
  readonly bucket: string;
  readonly prefix: string;
  readonly delimiter: string;
  readonly startOffset: string;
  readonly endOffset: string;
  readonly glob: string | null;
  /** The last name of the page before, or null. */
  readonly after: string | null;
  readonly most: number;
}

export function openListing(store: ObjectStore) {
  const walks = new Map<string, { at: number; names: Buffer[] }>();

  /** Names in the order of their bytes; with a delimiter other than none, prefixes of them stand among the names. */
  async function names(wanted: Wanted): Promise<Buffer[]> {
    const shallow = wanted.delimiter === "/" && wanted.glob === null;
    const key = JSON.stringify([wanted.bucket, wanted.prefix, shallow]);
    const known = walks.get(key);
    const now = performance.now();
    // Only later pages: a new listing sees everything that was written before it.
    if (wanted.after !== null && known && now - known.at < WALK_AGE) return known.names;
    const found = await namesBelow(join(store.directory, wanted.bucket), wanted.prefix, shallow);
    const sorted = found.map((name) => Buffer.from(name)).sort(Buffer.compare);
    for (const [other, walk] of walks) if (now - walk.at >= WALK_AGE) walks.delete(other);
    walks.set(key, { at: now, names: sorted });
    return sorted;
  }

  return async function list(bucket: string, query: URLSearchParams, url: string): Promise<unknown> {
    await store.requireBucket(bucket);
    const wanted = wantedIn(bucket, query);
    const chosen = select(await names(wanted), wanted);
    const page = chosen.slice(0, wanted.most);
    const prefixes = page.flatMap((entry) => (entry.isPrefix ? [entry.name] : []));
    const objects = await Promise.all(
      page.flatMap((entry) => (entry.isPrefix ? [] : [store.look(bucket, entry.name)])),
    );
    const items = objects.filter((object): object is ObjectMetadata => object !== null);
    return {
      kind: "storage#objects",
      ...(chosen.length > page.length ? { nextPageToken: tokenOf(page.at(-1)!.name) } : {}),
      ...(prefixes.length > 0 ? { prefixes } : {}),
      ...(items.length > 0 ? { items: items.map((object) => objectResource(object, url)) } : {}),
    };
  };
}

interface Entry {
  readonly name: string;
  readonly isPrefix: boolean;
}

/** One more than fits on the page, so that it is known whether there is another. */
function select(names: readonly Buffer[], wanted: Wanted): Entry[] {
  const { prefix, delimiter, startOffset, endOffset, glob, after, most } = wanted;
  const pattern = glob === null ? null : globPattern(glob);
  const [start, end] = [Buffer.from(startOffset), Buffer.from(endOffset)];
  const last = after === null ? null : Buffer.from(after);
  const entries: Entry[] = [];
  for (const bytes of names) {
    if (entries.length > most) break;
    const full = bytes.toString();
    const cut = delimiter === "" ? -1 : full.indexOf(delimiter, prefix.length);
    const name = cut < 0 ? full : full.slice(0, cut + delimiter.length);
    const isPrefix = cut >= 0;
    if (start.length > 0 && Buffer.compare(bytes, start) < 0) continue;
    if (end.length > 0 && Buffer.compare(bytes, end) >= 0) continue;
    if (last !== null && Buffer.compare(Buffer.from(name), last) <= 0) continue;
    if (pattern !== null && !pattern.test(full)) continue;
    if (entries.at(-1)?.name !== name) entries.push({ name, isPrefix });
  }
  return entries;
}

function wantedIn(bucket: string, query: URLSearchParams): Wanted {
  const asked = query.get("maxResults");
  if (asked !== null && !/^\d{1,9}$/.test(asked)) throw invalid(`Invalid value for maxResults: '${asked}'.`);
  return {
    bucket,
    prefix: query.get("prefix") ?? "",
    delimiter: query.get("delimiter") ?? "",
    startOffset: query.get("startOffset") ?? "",
    endOffset: query.get("endOffset") ?? "",
    glob: query.get("matchGlob"),
    after: nameIn(query.get("pageToken")),
    most: Math.min(Number(asked ?? 0) || MOST_PER_PAGE, MOST_PER_PAGE),
  };
}

const tokenOf = (name: string): string => Buffer.from(`after:${name}`).toString("base64url");

function nameIn(token: string | null): string | null {
  if (token === null || token === "") return null;
  const text = Buffer.from(token, "base64url").toString();
  if (!text.startsWith("after:")) throw invalid("Invalid argument: the page token is not one of this list.");
  return text.slice("after:".length);
}
