import { copyFileSync, globSync } from "node:fs";
import { basename, join } from "node:path";
import { build } from "esbuild";

/** CommonJS packages inside an ES module ask for these. */
const BANNER = [
  'import { createRequire as __createRequire } from "node:module";',
  "const require = __createRequire(import.meta.url);",
  "const __filename = import.meta.filename;",
  "const __dirname = import.meta.dirname;",
].join("\n");

/** Bundles a program as the functions are (`scripts/bundle.ts`): stripping types would take 30 MiB that no instance has. Its file. */
export async function bundleProgram(source: string, folder: string): Promise<string> {
  const name = basename(source, ".ts");
  await build({
    entryPoints: { [name]: source },
    outdir: folder,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node24",
    banner: { js: BANNER },
    minify: true,
    keepNames: true,
    outExtension: { ".js": ".mjs" },
    logLevel: "error",
  });
  // What sources read from beside themselves.
  const root = join(import.meta.dirname, "..");
  for (const asset of globSync("src/**/*.sh", { cwd: root }))
    copyFileSync(join(root, asset), join(folder, basename(asset)));
  return join(folder, `${name}.mjs`);
}
