/**
 * `npm run bundle [-- FOLDER]`: the functions as they are deployed, `dist/functions-bundle` unless given, and the same as
 * `FOLDER/../functions.zip`, which Terraform uploads. One folder for all of them:
 * `index.js` registers every function and loads the chunks of the one that an instance is for. It needs nothing but
 * functions-framework, which must be one copy with the command that serves it, since that is where functions are registered.
 */
import { copyFileSync, globSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { type BuildOptions, build, type Metafile, type Plugin } from "esbuild";
import { zipSync } from "fflate";

const root = dirname(import.meta.dirname);
const FRAMEWORK = "@google-cloud/functions-framework";

/** CommonJS packages inside an ES module ask for these. */
const BANNER = [
  'import { createRequire as __createRequire } from "node:module";',
  "const require = __createRequire(import.meta.url);",
  "const __filename = import.meta.filename;",
  "const __dirname = import.meta.dirname;",
].join("\n");

/** How everything is bundled that runs by itself: one ES module for Node, and packages in it. */
export const BUNDLED = {
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node24",
  banner: { js: BANNER },
  // Names of functions stay: without them google-gax's REST fallback cannot tell the types of numbers it sends.
  minify: true,
  keepNames: true,
  logLevel: "error",
} as const satisfies BuildOptions;

/**
 * An `import` of node:http reads every export of it, one of which is a getter that loads all of undici: 40 ms, a quarter of a cold start
 * (measured with Node 24.21). `require` reads only what is used.
 */
const requireHttp: Plugin = {
  name: "require-http",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:https?$/ }, ({ path, kind }) =>
      kind === "require-call" ? { path, external: true } : { path, namespace: "required" },
    );
    onLoad({ filter: /.*/, namespace: "required" }, ({ path }) => ({
      contents: `module.exports = require(${JSON.stringify(path)});`,
    }));
  },
};

export interface Bundle {
  readonly folder: string;
  /** esbuild's own record of what went where. */
  readonly metafile: Metafile;
}

/** Makes the folder anew. */
export async function bundleFunctions(folder: string): Promise<Bundle> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const { metafile } = await build({
    ...BUNDLED,
    absWorkingDir: root,
    entryPoints: { index: "functions/index.ts" },
    outdir: folder,
    splitting: true,
    external: [FRAMEWORK],
    plugins: [requireHttp],
    metafile: true,
    // Beside the entry, so that what is found "next to this file" is found in one place.
    chunkNames: "[name]-[hash]",
  });
  copyAssets(folder);
  writeFileSync(join(folder, "package.json"), packageJson());
  return { folder, metafile };
}

/** Scripts that sources read from beside themselves. */
export function copyAssets(folder: string): void {
  const seen = new Map<string, string>();
  for (const asset of globSync("src/**/*.sh", { cwd: root })) {
    const name = basename(asset);
    const other = seen.get(name);
    if (other !== undefined) throw new Error(`${asset} and ${other} would have one name in the bundle`);
    seen.set(name, asset);
    copyFileSync(join(root, asset), join(folder, name));
  }
}

/** The same files give the same archive, so that what has not changed is not deployed again. */
export function zipOf(folder: string): Uint8Array {
  const names = globSync("**/*", { cwd: folder, withFileTypes: false }).sort();
  const files = names.filter((name) => statSync(join(folder, name)).isFile());
  const entries = files.map((name) => [name, new Uint8Array(readFileSync(join(folder, name)))] as const);
  return zipSync(Object.fromEntries(entries), { mtime: "1980-01-01T00:00:00" });
}

function packageJson(): string {
  const { name, version, license } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const framework = JSON.parse(readFileSync(join(root, "node_modules", FRAMEWORK, "package.json"), "utf8"));
  const document = {
    name: `${name}-functions`,
    version,
    license,
    private: true,
    type: "module",
    main: "index.js",
    engines: { node: ">=24" },
    dependencies: { [FRAMEWORK]: framework.version },
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

/** Output files that are loaded as soon as one of these is: imports that are not `import()`. */
export function loadedWith(metafile: Metafile, starts: readonly string[]): Set<string> {
  const loaded = new Set<string>();
  const waiting = [...starts];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (loaded.has(file)) continue;
    loaded.add(file);
    for (const { path, kind } of metafile.outputs[file]?.imports ?? [])
      if (kind === "import-statement" && path in metafile.outputs) waiting.push(path);
  }
  return loaded;
}

/** Packages, with bytes, that stand in these output files. */
export function packagesIn(metafile: Metafile, outputs: Iterable<string>): Map<string, number> {
  const bytes = new Map<string, number>();
  for (const output of outputs) {
    for (const [input, { bytesInOutput }] of Object.entries(metafile.outputs[output]?.inputs ?? {})) {
      const name = /(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*\/node_modules\/)/.exec(input)?.[1];
      if (name !== undefined) bytes.set(name, (bytes.get(name) ?? 0) + bytesInOutput);
    }
  }
  return bytes;
}

if (import.meta.main) {
  const folder = resolve(process.argv[2] ?? join(root, "dist", "functions-bundle"));
  const { metafile } = await bundleFunctions(folder);
  const bytes = Object.values(metafile.outputs).reduce((sum, output) => sum + output.bytes, 0);
  const archive = join(dirname(folder), "functions.zip");
  writeFileSync(archive, zipOf(folder));
  console.log(
    `${folder} and ${archive}: ${Object.keys(metafile.outputs).length} files, ${Math.round(bytes / 1024)} KiB`,
  );
}
