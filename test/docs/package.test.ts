import assert from "node:assert/strict";
import { cp, mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import packageJson from "../../package.json" with { type: "json" };
import { needs } from "../support/require.ts";
import { cloneHere, found, run, temporary } from "./clone.ts";
import { ROOT } from "./documents.ts";

test("package.json names what is there: its commands' files, its license, its Node", async () => {
  assert.equal(packageJson.license, "Apache-2.0");
  assert.match(await readFile(join(ROOT, "LICENSE"), "utf8"), /Apache License\s+Version 2\.0/);
  assert.deepEqual(packageJson.bin, { bioagent: "bin/bioagent.js" });
  for (const file of packageJson.files.filter((name) => name !== "dist")) await readFileOrFolder(file);
  assert.equal(packageJson.type, "module");
  assert.match(packageJson.engines.node, /^>=24/);
});

const readFileOrFolder = async (name: string): Promise<unknown> =>
  readdir(join(ROOT, name)).catch(() => readFile(join(ROOT, name)));

describe("the built package", () => {
  let clone = "";
  // A hook's own `after` would run as soon as the hook is over.
  const cleanups: (() => Promise<void>)[] = [];
  after(() => Promise.all(cleanups.map((clean) => clean())));
  before(async () => {
    clone = await cloneHere({ after: (clean) => void cleanups.push(clean) });
    const built = await run(process.execPath, ["scripts/build.ts"], clone);
    assert.equal(built.code, 0, built.stdout + built.stderr);
  });

  test("examples/library.ts runs in a clone, by the package's own name, to the end", async () => {
    const { code, stdout, stderr } = await run(process.execPath, ["examples/library.ts"], clone);
    assert.equal(code, 0, stderr);
    const [end, ...greetings] = stdout.trimEnd().split("\n");
    assert.match(end!, /^\d{4}-\d\d-\d\d_greet_001: completed, all_succeeded$/);
    assert.deepEqual(greetings, ["hello from ann", "hello from ben"]);
  });

  test("what is packed has the command, the build and the documents, and no source, test or secret", async (t) => {
    if (!needs(t, "npm", await found("npm"), "install npm")) return;
    await leaveThings(clone);
    const files = await packed(clone, "--dry-run");
    const wanted = [
      ...["bin/bioagent.js", "dist/src/cli/main.js", "dist/src/index.js", "dist/src/index.d.ts"],
      ...["dist/functions/index.js", "dist/src/executors/local/supervisor.sh"],
      ...[
        "package.json",
        "README.md",
        "LICENSE",
        "CHANGELOG.md",
        "docs/pipelines.md",
        "examples/fastq-qc.yaml",
      ],
    ];
    assert.deepEqual(
      wanted.filter((path) => !files.includes(path)),
      [],
    );
    assert.deepEqual(
      files.filter((path) =>
        /(?:^|\/)test\/|^src\/|^functions\/|^scripts\/|\.env|bioagent\.yaml|store\.db|node_modules/.test(
          path,
        ),
      ),
      [],
    );
  });

  test("installed below node_modules, where Node strips no types, the command and the library work", async (t) => {
    if (!needs(t, "npm", await found("npm"), "install npm")) return;
    const project = await temporary(t);
    const home = join(project, "node_modules", "bioagent");
    await linkPackages(project);
    await mkdir(home);
    for (const path of await packed(clone, "--dry-run"))
      await cp(join(clone, path), join(home, path), { recursive: true });
    const version = await run(process.execPath, [join(home, "bin", "bioagent.js"), "--version"], project);
    assert.deepEqual([version.code, version.stdout.trim()], [0, packageJson.version], version.stderr);
    const script = 'import { openBioAgent } from "bioagent"; console.log(typeof openBioAgent);';
    const library = await run(process.execPath, ["--input-type=module", "-e", script], project);
    assert.deepEqual([library.code, library.stdout.trim()], [0, "function"], library.stderr);
  });
});

/** What lies about in a real clone, and is nobody else's business. */
async function leaveThings(clone: string): Promise<void> {
  for (const path of ["test/some.test.ts", "bioagent/store.db", ".env", "bioagent.yaml"]) {
    await mkdir(dirname(join(clone, path)), { recursive: true });
    await writeFile(join(clone, path), "");
  }
}

/** Paths that `npm pack` takes. `--ignore-scripts`: it is built already. */
async function packed(clone: string, ...options: string[]): Promise<string[]> {
  const { code, stdout, stderr } = await run(
    "npm",
    ["pack", "--json", "--ignore-scripts", ...options],
    clone,
  );
  assert.equal(code, 0, stderr);
  const said = JSON.parse(stdout) as readonly Packed[] | Readonly<Record<string, Packed>>;
  return Object.values(said).flatMap(({ files }) => files.map(({ path }) => path));
}

/** npm 11 gives a list, npm 12 an object by package. */
interface Packed {
  readonly files: readonly { readonly path: string }[];
}

/** The installed packages, but not ourselves. */
async function linkPackages(project: string): Promise<void> {
  await mkdir(join(project, "node_modules"));
  for (const name of await readdir(join(ROOT, "node_modules"))) {
    if (name.startsWith(".") || basename(name) === "bioagent") continue;
    await symlink(join(ROOT, "node_modules", name), join(project, "node_modules", name));
  }
}
