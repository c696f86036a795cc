/** Builds `dist/`: the published package and the functions, as plain JavaScript with types. `npm ci` runs it as `prepare`. */
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, globSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";

const root = dirname(import.meta.dirname);
const compiler = join(root, "node_modules", "typescript", "bin", "tsc");

if (existsSync(compiler)) {
  rmSync(join(root, "dist"), { recursive: true, force: true });
  for (const asset of globSync("{src,infra}/**/*.{sh,json,rules,mjs}", { cwd: root }))
    cpSync(join(root, asset), join(root, "dist", asset));
  execFileSync(process.execPath, [compiler, "-p", join(root, "tsconfig.build.json")], {
    cwd: root,
    stdio: "inherit",
  });
} else {
  console.log("bioagent: TypeScript is not installed (--omit=dev?), so dist/ is left as it is");
}
