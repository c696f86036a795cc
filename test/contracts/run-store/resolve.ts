import assert from "node:assert/strict";
import { type OpenRunStores, onStores, started } from "./on-stores.ts";

export function checkResolve(open: OpenRunStores): void {
  onStores(open, "an exact id or name means that run alone, even where it begins others", async (store) => {
    const castle = await started(store, { name: "castle" });
    await started(store, { name: "castle-river" });
    assert.deepEqual(await store.resolve("castle"), [castle.run_id]);
    assert.deepEqual(await store.resolve(castle.run_id), [castle.run_id]);
  });

  onStores(open, "a prefix of id or name means every run that begins so", async (store) => {
    const castle = await started(store, { name: "castle-river" });
    const cast = await started(store, { name: "cast-iron" }, { pipeline: "wgs" });
    const other = await started(store, { name: "forest" }, { day: "2026-02-28" });
    assert.deepEqual((await store.resolve("cast")).sort(), [castle.run_id, cast.run_id].sort());
    assert.deepEqual(await store.resolve("castl"), [castle.run_id]);
    assert.deepEqual(await store.resolve("2026-02-28"), [other.run_id]);
    assert.deepEqual(await store.resolve("river"), []);
    assert.deepEqual(await store.resolve("nobody"), []);
    assert.deepEqual(await store.resolve(""), []);
  });

  onStores(open, "wildcards in a reference mean themselves", async (store) => {
    await started(store, { name: "castle" });
    for (const reference of ["cast%", "_astle", "%", "_", "ca*", "c?stle", "2026%", "'"]) {
      assert.deepEqual(await store.resolve(reference), [], reference);
    }
  });

  onStores(open, "at most ten are named", async (store) => {
    for (let index = 0; index < 12; index++) await started(store, { name: `twin-${index}` });
    assert.equal((await store.resolve("twin-")).length, 10);
    assert.equal((await store.resolve("2026-02-27_")).length, 10);
  });
}
