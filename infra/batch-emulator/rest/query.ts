import type { ApiError } from "../model.ts";
import { badRequest } from "../validate/violation.ts";

/** What every Google API takes (cloud.google.com/apis/docs/system-parameters); of them, `fields` alone matters here. */
const SYSTEM = new Set([
  "access_token",
  "alt",
  "callback",
  "fields",
  "key",
  "oauth_token",
  "prettyPrint",
  "quotaUser",
  "uploadType",
  "upload_protocol",
]);

export type Query = ReadonlyMap<string, readonly string[]>;

/** The parameters by their names in JSON; they may come in proto spelling too (`job_id`). Others are refused. */
export function readQuery(search: URLSearchParams, allowed: readonly string[]): Query {
  const query = new Map<string, string[]>();
  for (const [given, value] of search) {
    if (given.startsWith("$") || SYSTEM.has(given)) continue;
    const name = given.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
    if (!allowed.includes(name)) throw unknownParameter(given);
    query.set(name, [...(query.get(name) ?? []), value]);
  }
  return query;
}

/**
 * The field mask of a request: `$fields` or `fields`, or the header `X-Goog-FieldMask`; null without. That the parameter goes
 * before the header is ours.
 */
export const fieldMaskOf = (
  search: URLSearchParams,
  header: string | readonly string[] | undefined,
): string | null =>
  search.getAll("$fields").at(-1) ?? search.getAll("fields").at(-1) ?? header?.toString() ?? null;

/** The last value of a parameter, or undefined. */
export const textOf = (query: Query, name: string): string | undefined => query.get(name)?.at(-1);

/** As `textOf`, of an int32. */
export function integerOf(query: Query, name: string): number | undefined {
  const text = textOf(query, name);
  if (text === undefined || text === "") return undefined;
  const number = Number(text);
  if (/^-?\d+$/.test(text) && Math.abs(number) < 2 ** 31) return number;
  const field = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  throw badRequest([
    { field, description: `Invalid value at '${field}' (TYPE_INT32), ${JSON.stringify(text)}` },
  ]);
}

function unknownParameter(name: string): ApiError {
  const why = `Cannot bind query parameter. Field '${name}' could not be found in request message.`;
  return badRequest([
    { field: "", description: `Invalid JSON payload received. Unknown name "${name}": ${why}` },
  ]);
}
