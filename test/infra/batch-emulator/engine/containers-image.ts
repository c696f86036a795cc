import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { findContainerEngine } from "../../../../infra/batch-emulator/runner/container-engine.ts";
import { needs } from "../../../support/require.ts";

/** Debian's statically linked programs: an image of them needs no network and no libraries. */
const SHELLS: Readonly<Record<string, string>> = { "/bin/busybox": "busybox", "/bin/bash-static": "bash" };
const REMEDY = "apt-get install podman runc busybox-static bash-static";

/** Podman as the emulator finds it here. */
export interface Podman {
  /** An image with bash and busybox, that goes with the test's process; its user is 1000. */
  readonly image: string;
  /** What a command of it prints. */
  ask(...words: string[]): string;
}

let search: ReturnType<typeof findContainerEngine> | null = null;
let image: string | null = null;

/** Null after skipping the test by name. */
export async function podmanHere(t: TestContext): Promise<Podman | null> {
  search ??= findContainerEngine(["podman"]);
  const found = await search;
  const why = found.engine === null ? `${REMEDY} (${found.problems.join("; ")})` : "";
  if (!needs(t, "podman", found.engine !== null, why) || found.engine === null) return null;
  if (!needs(t, "busybox-static and bash-static", Object.keys(SHELLS).every(existsSync), REMEDY)) return null;
  const { program, settings } = found.engine;
  const ask = (...words: string[]): string =>
    execFileSync(program, [...settings, ...words], { encoding: "utf8", timeout: 60_000 });
  image ??= importImage(ask);
  return { image, ask };
}

function importImage(ask: Podman["ask"]): string {
  const folder = mkdtempSync(join(tmpdir(), "batch-engine-image-"));
  const name = `localhost/batch-emulator-test:${process.pid}-${Date.now()}`;
  try {
    layOutTree(join(folder, "tree"));
    const tar = join(folder, "tree.tar");
    execFileSync("tar", ["-C", join(folder, "tree"), "--owner=0", "--group=0", "-cf", tar, "."]);
    ask("import", "-q", "-c", "USER 1000:1000", "-c", "ENV PATH=/bin", tar, name);
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
  process.once("exit", () => void ask("rmi", "-f", name)); // all tests of a file share it
  return name;
}

function layOutTree(tree: string): void {
  mkdirSync(join(tree, "bin"), { recursive: true });
  for (const [path, name] of Object.entries(SHELLS)) copyFileSync(path, join(tree, "bin", name));
  const applets = execFileSync("/bin/busybox", ["--list"], { encoding: "utf8" }).split("\n");
  for (const applet of applets.filter((name) => name !== "" && !Object.values(SHELLS).includes(name)))
    symlinkSync("busybox", join(tree, "bin", applet));
}
