import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** The version of this package: of the nearest package.json above, from source as well as from `dist`. */
export function packageVersion(from: string = import.meta.dirname): string {
  const file = join(from, "package.json");
  if (existsSync(file)) return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
  return from === dirname(from) ? "unknown" : packageVersion(dirname(from));
}
