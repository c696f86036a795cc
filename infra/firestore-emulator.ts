/** Google's own Firestore emulator, from the jar that comes with gcloud: for `bioagent dev` and for tests. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, realpathSync } from "node:fs";
import type { Socket } from "node:net";
import { delimiter, dirname, join } from "node:path";
import { freePort } from "./free-port.ts";

export interface FirestoreEmulatorOptions {
  /** A security rules file that clients are held to; without it every client may do everything. */
  readonly rules?: string | undefined;
  /** 0 or left out: a free one. */
  readonly port?: number | undefined;
  /** Where `PATH` and `FIRESTORE_EMULATOR_JAR` are looked up. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** How long it may take until it answers, milliseconds. */
  readonly startMilliseconds?: number | undefined;
}

export interface FirestoreEmulator {
  /** `127.0.0.1:PORT`, as `FIRESTORE_EMULATOR_HOST` wants it. */
  readonly host: string;
  readonly pid: number;
  /** Ends it at once; what it held is gone. */
  stop(): Promise<void>;
}

export const EMULATOR_REMEDY =
  "install Java 17 or later and gcloud's emulator (`gcloud components install cloud-firestore-emulator`), or set FIRESTORE_EMULATOR_JAR to its jar";

/** Java and the emulator's jar, or null where either is missing. */
export function findFirestoreEmulator(
  environment: FirestoreEmulatorOptions["environment"],
): { java: string; jar: string } | null {
  const java = onPath("java", environment["PATH"]);
  const jar = environment["FIRESTORE_EMULATOR_JAR"] ?? jarOfGcloud(environment["PATH"]);
  return java && jar && existsSync(jar) ? { java, jar } : null;
}

function jarOfGcloud(path: string | undefined): string | null {
  const gcloud = onPath("gcloud", path);
  if (gcloud === null) return null;
  const root = dirname(dirname(realpathSync(gcloud)));
  return join(root, "platform/cloud-firestore-emulator/cloud-firestore-emulator.jar");
}

function onPath(program: string, path = ""): string | null {
  const places = path.split(delimiter).map((folder) => join(folder, program));
  return places.find((place) => existsSync(place)) ?? null;
}

/**
 * Starts it on the loopback interface, and waits until it answers. Throws what is missing, or what it said before it ended.
 * It ends with the calling process, however that one ends.
 */
export async function startFirestoreEmulator(options: FirestoreEmulatorOptions): Promise<FirestoreEmulator> {
  const found = findFirestoreEmulator(options.environment);
  if (!found) throw new Error(`cannot start the Firestore emulator: ${EMULATOR_REMEDY}.`);
  const port = options.port || (await freePort());
  const words = [found.java, ...JAVA, "-cp", found.jar, MAIN, ...argumentsOf(port, options.rules)];
  const child = spawnGuarded(words);
  const host = `127.0.0.1:${port}`;
  const stop = () => stopped(child);
  try {
    await answered(child, host, options.startMilliseconds ?? 30_000);
  } catch (error) {
    await stop();
    throw error;
  }
  // Neither the process nor its pipe keeps the caller alive.
  child.unref();
  child.stderr?.destroy();
  return { host, pid: child.pid ?? 0, stop };
}

const MAIN = "com.google.cloud.datastore.emulator.firestore.CloudFirestore";
/** A small heap and the plain compiler: it starts and answers a quarter faster, in 260 MB (measured with 1.19.9). */
const JAVA = ["-Xmx320m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Duser.language=en"];

const argumentsOf = (port: number, rules: string | undefined): string[] => [
  "--host=127.0.0.1",
  `--port=${port}`,
  ...(rules === undefined ? [] : [`--rules=${rules}`]),
];

/*
 * The shell becomes Java. Before, it leaves behind a guard that waits on a pipe which only we hold, closed by the system when we
 * are killed: no signal tells a process on every system that its parent is gone, and Java looks at nothing of ours. The word
 * `done` lets the guard go. `$$` is the shell's number in the guard, too, and so Java's.
 */
const GUARDED = `(read -r word <&3 || kill -KILL $$) </dev/null >/dev/null 2>&1 &
exec "$@" 3<&-`;

/** A child with the given command line that ends when this process does. Neither the guard nor its pipe keeps us alive. */
function spawnGuarded(words: readonly string[]): ChildProcess {
  const child = spawn("/bin/sh", ["-c", GUARDED, "sh", ...words], {
    stdio: ["ignore", "ignore", "pipe", "pipe"],
  });
  const pipe = child.stdio?.[3] as Socket | undefined; // none where this process may open no more files
  pipe?.on("error", () => {}); // the guard ended first
  pipe?.unref();
  // The guard must not wait on: the number of an ended process becomes another one's.
  child.once("exit", () => pipe?.end("done\n"));
  return child;
}

async function answered(child: ChildProcess, host: string, milliseconds: number): Promise<void> {
  let said = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    said = (said + chunk).slice(-2_000);
  });
  let failure: string | null = null;
  child.once("error", (error) => {
    failure = error.message;
  });
  for (const deadline = Date.now() + milliseconds; Date.now() < deadline; ) {
    if (failure !== null || child.exitCode !== null) break;
    if (await isReady(host)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(
    `the Firestore emulator did not answer on ${host}: ${failure ?? (said.trim() || "it said nothing")}`,
  );
}

async function isReady(host: string): Promise<boolean> {
  try {
    const response = await fetch(`http://${host}/`, { signal: AbortSignal.timeout(2_000) });
    return (await response.text()).trim() === "Ok";
  } catch {
    // Not listening yet.
    return false;
  }
}

async function stopped(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  child.ref();
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await ended;
}
