import { basename, join } from "node:path";
import { build } from "esbuild";
import { BUNDLED, copyAssets } from "../scripts/bundle.ts";

/** Bundles a program as the functions are: stripping types would take 30 MiB that no instance has. Its file. */
export async function bundleProgram(source: string, folder: string): Promise<string> {
  const name = basename(source, ".ts");
  await build({
    ...BUNDLED,
    entryPoints: { [name]: source },
    outdir: folder,
    outExtension: { ".js": ".mjs" },
  });
  copyAssets(folder);
  return join(folder, `${name}.mjs`);
}
