import type { TestContext } from "node:test";
import { EMULATOR_REMEDY, findFirestoreEmulator } from "../../infra/firestore-emulator.ts";
import { needs } from "../support/require.ts";

/** What a cloud in a box stands on: the official Firestore emulator. */
export const needsCloud = (t: TestContext): boolean =>
  needs(t, "the Firestore emulator", findFirestoreEmulator(process.env) !== null, EMULATOR_REMEDY);
