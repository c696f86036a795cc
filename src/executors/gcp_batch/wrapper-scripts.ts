import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The scripts that surround a step on its VM: static text, every value reaches them as environment. */
export interface WrapperScripts {
  readonly prepare: string;
  readonly step: string;
  readonly publish: string;
  readonly report: string;
}

let scripts: WrapperScripts | null = null;

/** Read once, when first needed, from beside this module: a bundle has the five `wrapper-*.sh` files beside it. */
export function wrapperScripts(): WrapperScripts {
  scripts ??= {
    prepare: read("prepare"),
    step: read("step"),
    publish: read("storage") + read("publish"),
    report: read("storage") + read("report"),
  };
  return scripts;
}

/** Without comments and indentation: a job's definition holds all of it, and a listing every job's. */
const read = (name: string): string =>
  readFileSync(join(import.meta.dirname, `wrapper-${name}.sh`), "utf8")
    .replace(/^[ \t]*#(?!!).*\n/gm, "")
    .replace(/^[ \t]+/gm, "")
    .replace(/\n{2,}/g, "\n");
