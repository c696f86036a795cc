import assert from "node:assert/strict";
import { dirname } from "node:path";
import { test } from "node:test";
import { findFirestoreEmulator, startFirestoreEmulator } from "../../../infra/firestore-emulator.ts";
import { firestoreProject } from "../../support/firestore-emulator.ts";

test("without Java or the jar it is said what to install", async () => {
  const remedy = /install Java .*FIRESTORE_EMULATOR_JAR/;
  await assert.rejects(startFirestoreEmulator({ environment: { PATH: "/nowhere" } }), remedy);
  const environment = { ...process.env, FIRESTORE_EMULATOR_JAR: "/nowhere/emulator.jar" };
  assert.equal(findFirestoreEmulator(environment), null);
  await assert.rejects(startFirestoreEmulator({ environment }), remedy);
});

test("a jar that is no emulator says why it ended", async (t) => {
  if (!(await firestoreProject(t))) return;
  const environment = { PATH: process.env["PATH"], FIRESTORE_EMULATOR_JAR: import.meta.filename };
  await assert.rejects(
    startFirestoreEmulator({ environment }),
    /did not answer on 127\.0\.0\.1:\d+: .*CloudFirestore/s,
  );
});

test("a started emulator answers, and is gone once it is stopped", async (t) => {
  if (!(await firestoreProject(t))) return;
  const emulator = await startFirestoreEmulator({ environment: process.env });
  assert.equal((await (await fetch(`http://${emulator.host}/`)).text()).trim(), "Ok");
  await emulator.stop();
  await assert.rejects(fetch(`http://${emulator.host}/`));
  assert.ok(dirname(findFirestoreEmulator(process.env)?.jar ?? "").includes("emulator"));
});
