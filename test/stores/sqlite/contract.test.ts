import { join } from "node:path";
import { openSqliteStore } from "../../../src/stores/sqlite/sqlite-store.ts";
import { runStoreContract } from "../../contracts/run-store.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

runStoreContract("the SQLite store keeps the run store's contract", async (t, handles) => {
  const path = join(temporaryDirectory(t), "new", "store.db");
  const stores = Array.from({ length: handles }, () => openSqliteStore({ path }));
  t.after(() => Promise.all(stores.map((store) => store.close())));
  return stores;
});
