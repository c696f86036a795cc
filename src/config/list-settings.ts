import { z } from "zod";
import { type SettingMeta, Settings } from "./schema.ts";

export interface Setting extends SettingMeta {
  readonly path: readonly string[];
  readonly type: string;
}

/** Every single setting of the schema, nested ones by their whole path. */
export const SETTINGS: readonly Setting[] = listSettings(Settings, []);

function listSettings(schema: z.ZodObject, base: readonly string[]): Setting[] {
  return Object.entries(schema.shape).flatMap(([key, field]) => {
    const path = [...base, key];
    const inner = unwrapped(field as z.ZodType);
    const meta = (field as z.ZodType).meta() as SettingMeta | undefined;
    if (meta?.about !== undefined) return [{ ...meta, path, type: inner.def.type }];
    return inner instanceof z.ZodObject ? listSettings(inner, path) : [];
  });
}

function unwrapped(schema: z.ZodType): z.ZodType {
  let inner = schema;
  while (inner instanceof z.ZodDefault || inner instanceof z.ZodOptional || inner instanceof z.ZodPrefault) {
    inner = inner.unwrap() as z.ZodType;
  }
  return inner;
}

/** A Markdown table of every setting, for the README. */
export function configTable(): string {
  const defaults: unknown = Settings.parse({});
  const rows = SETTINGS.map((setting) => [
    setting.environmentOnly ? "" : `\`${setting.path.join(".")}\``,
    setting.env ? `\`${setting.env}\`` : "",
    setting.otherwise ?? sayDefault(setting.path, defaults),
    setting.about,
  ]);
  const lines = [["In the file", "Variable", "Default", "Meaning"], ["---", "---", "---", "---"], ...rows];
  return lines.map((cells) => `| ${cells.join(" | ")} |\n`).join("");
}

function sayDefault(path: readonly string[], defaults: unknown): string {
  const value = path.reduce<unknown>((inner, key) => (inner as Record<string, unknown>)[key], defaults);
  return typeof value === "object" ? "none" : `\`${String(value)}\``;
}
