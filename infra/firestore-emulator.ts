/** Google's own Firestore emulator, from the jar that comes with gcloud: for `bioagent dev` and for tests. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, realpathSync } from "node:fs";
import { createServer } from "node:net";
import { delimiter, dirname, join } from "node:path";

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

/** Starts it on the loopback interface, and waits until it answers. Throws what is missing, or what it said before it ended. */
export async function startFirestoreEmulator(options: FirestoreEmulatorOptions): Promise<FirestoreEmulator> {
  const found = findFirestoreEmulator(options.environment);
  if (!found) throw new Error(`cannot start the Firestore emulator: ${EMULATOR_REMEDY}.`);
  const port = options.port || (await freePort());
  const child = spawn(found.java, [...JAVA, "-cp", found.jar, MAIN, ...argumentsOf(port, options.rules)], {
    stdio: ["ignore", "ignore", "pipe"],
  });
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

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("cannot find a free port");
  return address.port;
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
