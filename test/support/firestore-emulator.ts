import type { TestContext } from "node:test";
import {
  EMULATOR_REMEDY,
  type FirestoreEmulator,
  findFirestoreEmulator,
  startFirestoreEmulator,
} from "../../infra/firestore-emulator.ts";
import { needs } from "./require.ts";

// Google's client would look for a metadata server, and wait for it.
process.env["METADATA_SERVER_DETECTION"] = "none";

let shared: Promise<FirestoreEmulator> | null = null;
let projects = 0;

/** A new, empty Firestore of the one emulator of this test process. Null: it cannot be had here, the test is skipped. */
export async function firestoreProject(t: TestContext): Promise<{ host: string; projectId: string } | null> {
  const present = findFirestoreEmulator(process.env) !== null;
  if (!needs(t, "the Firestore emulator", present, EMULATOR_REMEDY)) return null;
  shared ??= startForProcess();
  const { host } = await shared;
  // Data of different projects never meet.
  return { host, projectId: `test-${process.pid}-${projects++}` };
}

/** The one of this process; gone with it, however it ends. */
async function startForProcess(): Promise<FirestoreEmulator> {
  const emulator = await startFirestoreEmulator({ environment: process.env });
  process.once("exit", () => process.kill(emulator.pid, "SIGKILL"));
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
  return emulator;
}
