/** Reading answers whose shape is what is being found out: nothing is taken for granted, nothing throws. */

type Fields = Readonly<Record<string, unknown>>;

const fieldsOf = (value: unknown): Fields | null =>
  typeof value === "object" && value !== null ? (value as Fields) : null;

/** What lies at `status.taskGroups.group0` or `taskGroups.0.name`; undefined where a part of the way is missing. */
export function dig(value: unknown, path: string): unknown {
  let found: unknown = value;
  for (const part of path.split(".")) found = fieldsOf(found)?.[part];
  return found;
}

/** The text there; empty where there is none. */
export function textAt(value: unknown, path: string): string {
  const found = dig(value, path);
  return typeof found === "string" ? found : "";
}

/** The list there; empty where there is none. */
export function listAt(value: unknown, path: string): readonly unknown[] {
  const found = dig(value, path);
  return Array.isArray(found) ? found : [];
}

/** The names of the fields there. */
export const namesAt = (value: unknown, path: string): string[] =>
  Object.keys(fieldsOf(dig(value, path)) ?? {});

export const lastPart = (name: string): string => name.slice(name.lastIndexOf("/") + 1);

/** `text`, cut to a line that fits a table. */
export function short(text: string, most = 160): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > most ? `${line.slice(0, most - 1)}…` : line;
}
