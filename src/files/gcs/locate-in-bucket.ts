import type { FileFact } from "../../ports.ts";
import { hasScheme, staysInside } from "../inside.ts";
import { type ObjectPlace, parseFolder, parseObject, uriOf } from "./address.ts";
import type { BucketClient, ObjectFact } from "./bucket-client.ts";
import { lookUp } from "./look-up.ts";

type Waiting = {
  readonly place: ObjectPlace;
  readonly done: (fact: ObjectFact | null) => void;
  readonly fail: (error: unknown) => void;
};

/** Finds the files that cells name. What is asked for at the same time is looked up together. */
export function openLocating(client: Pick<BucketClient, "list" | "stat">) {
  let waiting: Waiting[] = [];

  async function ask(): Promise<void> {
    const asked = waiting;
    waiting = [];
    for (const [bucket, group] of Map.groupBy(asked, ({ place }) => place.bucket)) {
      const names = group.map(({ place }) => place.name);
      await lookUp(client, bucket, names).then(
        (found) => group.forEach(({ place, done }) => void done(found.get(place.name) ?? null)),
        (error: unknown) => group.forEach(({ fail }) => void fail(error)),
      );
    }
  }

  return async function locate(input: string | null, cell: string): Promise<FileFact | null> {
    const place = placeOf(input, cell);
    if (place === null) return null;
    const fact = await new Promise<ObjectFact | null>((done, fail) => {
      if (waiting.length === 0) setImmediate(() => void ask());
      waiting.push({ place, done, fail });
    });
    return fact && { path: uriOf(place), size: fact.size, generation: fact.generation };
  };
}

/** Null for a cell that names no object: most cells are plain values. */
function placeOf(input: string | null, cell: string): ObjectPlace | null {
  if (cell.startsWith("gs://")) return placeIn(cell);
  if (input === null || hasScheme(cell) || !staysInside(cell)) return null;
  const folder = parseFolder(input);
  if (typeof folder === "string") return null;
  return placeIn(`gs://${folder.bucket}/${folder.prefix}${cell}`);
}

function placeIn(uri: string): ObjectPlace | null {
  const place = parseObject(uri);
  return typeof place === "string" ? null : place;
}
