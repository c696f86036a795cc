import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import {
  EMULATOR_REMEDY,
  findFirestoreEmulator,
  startFirestoreEmulator,
} from "../../../infra/firestore-emulator.ts";
import { needs } from "../../support/require.ts";

const RULES = fileURLToPath(new URL("../../../infra/firestore.rules", import.meta.url));

test("a client of the web can neither read nor write anything", async (t) => {
  const present = findFirestoreEmulator(process.env) !== null;
  if (!needs(t, "the Firestore emulator", present, EMULATOR_REMEDY)) return;
  const emulator = await startFirestoreEmulator({ environment: process.env, rules: RULES });
  t.after(() => emulator.stop());
  const ask = async (method: string, path: string, token?: string): Promise<number> => {
    const url = `http://${emulator.host}/v1/projects/p/databases/(default)/documents/${path}`;
    const headers = token === undefined ? {} : { Authorization: `Bearer ${token}` };
    const response = await fetch(url, {
      method,
      headers,
      ...(method === "PATCH" ? { body: JSON.stringify({ fields: {} }) } : {}),
    });
    await response.arrayBuffer();
    return response.status;
  };
  const places = ["runs/r", "runs/r/jobs/j", "notices/n", "channels/lab", "meta/store", "anything/else"];
  // A user of the project's sign-in: an unsigned token, as the emulator takes it.
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const user = `${part({ alg: "none" })}.${part({ sub: "u", user_id: "u", aud: "p" })}.`;
  for (const place of places) {
    assert.equal(await ask("GET", place), 403, place);
    assert.equal(await ask("PATCH", place), 403, place);
    assert.equal(await ask("DELETE", place), 403, place);
    assert.equal(await ask("PATCH", place, user), 403, place);
  }
  // The functions are no clients: IAM lets them in, here as the owner.
  assert.equal(await ask("PATCH", "runs/r", "owner"), 200);
  assert.equal(await ask("GET", "runs/r", "owner"), 200);
});
