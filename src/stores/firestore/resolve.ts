import { PATHS } from "./paths.ts";
import type { Session } from "./session.ts";
import type { Shape } from "./shape.ts";

const RESOLVE_AT_MOST = 10;
/** Sorts after every text that begins alike. */
const LAST_CHARACTER = "\u{10ffff}";

/** The ids that a person may have meant: the exact id or name alone, else those with such a prefix, newest first. */
export async function resolveRun({ db }: Session, reference: string): Promise<string[]> {
  if (reference === "" || !reference.isWellFormed()) return [];
  const what = `look up run ${reference}`;
  const [run, name] = await db.getAll([PATHS.run(reference), PATHS.name(reference)], what, ["run_id"]);
  const exact = run ?? name;
  if (exact) return [String(exact.data["run_id"])];
  const found = await Promise.all(
    (["run_id", "name"] as const).map((field) => db.query(withPrefix(field, reference), what, placed)),
  );
  const created = new Map(found.flat());
  return [...created.keys()]
    .sort((a, b) => (placeIn(created, a) < placeIn(created, b) ? 1 : -1))
    .slice(0, RESOLVE_AT_MOST);
}

const withPrefix = (field: "run_id" | "name", prefix: string): Shape => ({
  collection: "runs",
  where: [
    [field, ">=", prefix],
    [field, "<", prefix + LAST_CHARACTER],
  ],
  order: [[field, "desc"]],
  limit: RESOLVE_AT_MOST,
  select: ["run_id", "created_at"],
});

const placed = ({ data }: { data: Record<string, unknown> }): [string, string] => [
  String(data["run_id"]),
  String(data["created_at"]),
];

const placeIn = (created: ReadonlyMap<string, string>, id: string): string => `${created.get(id)} ${id}`;
