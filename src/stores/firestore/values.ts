/** JSON values as Firestore holds them. It takes no array within an array, no field named `` or `__x__`, and 20 levels at most. */

type Json = unknown;
type Fields = Record<string, unknown>;

/** Firestore's limit is 20 levels: https://cloud.google.com/firestore/quotas */
const MOST_LEVELS = 16;
/** Stands for an array within an array: `{ "[]": [...] }`. */
const ARRAY = "[]";
/** Stands for what lies too deep: `{ "{}": "its JSON" }`. */
const DEEP = "{}";
const ESCAPE = "\\";

/** A document's fields, as JSON would keep them: what is undefined is left out. `fieldsOf` gives back the same. */
export const encodeFields = (document: object): Fields => encodeMap(document, 1);

/** The fields of a document that `encodeFields` made. */
export const decodeFields = (fields: Fields): Fields => decodeMap(fields);

function encode(value: Json, level: number): Json {
  if (typeof value === "string") return value.toWellFormed();
  if (typeof value === "number") return Number.isFinite(value) ? value + 0 : null;
  if (typeof value === "boolean") return value;
  if (typeof value !== "object" || value === null) return null;
  if (level > MOST_LEVELS) return { [DEEP]: JSON.stringify(value) };
  return Array.isArray(value)
    ? value.map((member) => encodeMember(member, level + 1))
    : encodeMap(value, level + 1);
}

const encodeMember = (member: Json, level: number): Json =>
  Array.isArray(member) ? { [ARRAY]: encode(member, level + 1) } : encode(member, level);

function encodeMap(value: object, level: number): Fields {
  const map: Fields = {};
  for (const [key, member] of Object.entries(value)) {
    if (member !== undefined) map[encodeKey(key)] = encode(member, level);
  }
  return map;
}

const encodeKey = (key: string): string => {
  const text = key.toWellFormed();
  const isTaken = text === "" || text === ARRAY || text === DEEP || text.startsWith(ESCAPE);
  return isTaken || /^__.*__$/s.test(text) ? ESCAPE + text : text;
};

function decode(value: Json): Json {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(decode);
  if (ARRAY in value) return decode(value[ARRAY]);
  if (DEEP in value) return JSON.parse(String(value[DEEP]));
  return decodeMap(value as Fields);
}

function decodeMap(fields: Fields): Fields {
  const map: Fields = {};
  for (const [key, member] of Object.entries(fields)) {
    map[key.startsWith(ESCAPE) ? key.slice(1) : key] = decode(member);
  }
  return map;
}
