/** The guard needs no Java: what stands in for it here is a server that answers as the emulator does. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { startFirestoreEmulator } from "../../../infra/firestore-emulator.ts";
import { childrenOf, ends } from "./lives.ts";

const MODULE = join(import.meta.dirname, "../../../infra/firestore-emulator.ts");
const JAVA = `#!${process.execPath}
const port = process.argv.find((word) => word.startsWith("--port=")).slice(7);
require("node:http").createServer((_, answer) => answer.end("Ok")).listen(Number(port), "127.0.0.1");
`;

/** Where a `java` and a jar are found. */
function madeUp(t: TestContext): { PATH: string; FIRESTORE_EMULATOR_JAR: string } {
  const folder = mkdtempSync(join(tmpdir(), "bioagent-java-"));
  t.after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  writeFileSync(join(folder, "java"), JAVA);
  chmodSync(join(folder, "java"), 0o755);
  return { PATH: folder, FIRESTORE_EMULATOR_JAR: join(folder, "java") };
}

/** A process that starts an emulator and prints its number, and then does `rest`. */
async function starter(t: TestContext, rest: string): Promise<{ child: ChildProcess; emulator: number }> {
  const script = `
    import { startFirestoreEmulator } from ${JSON.stringify(MODULE)};
    const emulator = await startFirestoreEmulator({ environment: ${JSON.stringify(madeUp(t))} });
    console.log(emulator.pid);
    ${rest}`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.after(() => void child.kill("SIGKILL"));
  const [said] = await once(child.stdout!, "data");
  const emulator = Number(said);
  t.after(() => {
    try {
      process.kill(emulator, "SIGKILL");
    } catch {
      // It has ended, as it should.
    }
  });
  return { child, emulator };
}

test("the emulator ends when who started it is killed with no chance to stop it", async (t) => {
  const { child, emulator } = await starter(t, "setInterval(() => {}, 1000);");
  child.kill("SIGKILL");
  assert.ok(await ends(emulator), "the emulator lives on");
});

test("the emulator keeps nobody alive, and ends with who ends without stopping it", async (t) => {
  const { child, emulator } = await starter(t, "");
  if (child.exitCode === null) await once(child, "exit", { signal: AbortSignal.timeout(15_000) });
  assert.equal(child.exitCode, 0);
  assert.ok(await ends(emulator), "the emulator lives on");
});

test("once the emulator has ended, its guard has, too", async (t) => {
  const emulator = await startFirestoreEmulator({ environment: madeUp(t) });
  t.after(() => emulator.stop());
  const guards = await childrenOf(emulator.pid);
  assert.equal(guards.length, 1);
  await emulator.stop();
  assert.ok(await ends(guards[0]!.pid), "the guard waits on");
});
