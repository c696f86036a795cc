import { mapLimited } from "../map-limited.ts";
import type { BucketClient, ObjectFact } from "./bucket-client.ts";

/** A listing costs as much as 12.5 looks at single objects (class A against class B operations), and takes longer. */
export const FEW = 12;
export const AT_ONCE = 16;

/**
 * The objects of these names, those that there are, in as few calls as it takes: a few are looked at one by one; of many,
 * pages of 1000 are listed, each beginning at the next name that is wanted, so that stretches without any are left out.
 */
export async function lookUp(
  client: Pick<BucketClient, "list" | "stat">,
  bucket: string,
  names: Iterable<string>,
): Promise<Map<string, ObjectFact>> {
  let left = [...new Set(names)].sort(compareBytes);
  const prefix = commonPrefix(left[0] ?? "", left.at(-1) ?? "");
  const wanted = new Set(left);
  const found = new Map<string, ObjectFact>();
  const keep = (facts: readonly (ObjectFact | null)[]) => {
    for (const fact of facts) if (fact && wanted.has(fact.name)) found.set(fact.name, fact);
  };
  const lookAt = async (few: readonly string[]) =>
    keep(await mapLimited(few, AT_ONCE, (name) => client.stat({ bucket, name })));

  while (left.length > FEW) {
    const { facts, more } = await client.list({ bucket, prefix, from: left[0]!, to: left.at(-1)! });
    keep(facts);
    const after = more ? firstAfter(left, facts.at(-1)?.name ?? "") : left.length;
    const poor = after <= FEW;
    left = left.slice(after);
    if (poor) await lookAt(left.splice(0, FEW));
  }
  await lookAt(left);
  return found;
}

/** As the service orders names: by their UTF-8 bytes. */
const compareBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

function firstAfter(sorted: readonly string[], last: string): number {
  const at = sorted.findIndex((name) => compareBytes(name, last) > 0);
  return at < 0 ? sorted.length : at;
}

/** Of the first and the last of sorted names: so it is all names'. Whole characters only. */
function commonPrefix(first: string, last: string): string {
  const [a, b] = [[...first], [...last]];
  let at = 0;
  while (at < a.length && a[at] === b[at]) at += 1;
  return a.slice(0, at).join("");
}
