import { createHash } from "node:crypto";

/** Of a JSON value, whatever the order of its keys: 12 hexadecimal digits. */
export const digest = (value: unknown): string =>
  createHash("sha256").update(canonical(value)).digest("hex").slice(0, 12);

const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, member: unknown) => {
    if (typeof member === "string") return member.toWellFormed();
    if (typeof member !== "object" || member === null || Array.isArray(member)) return member;
    return Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)));
  }) ?? "null";
