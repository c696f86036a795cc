import { runStoreContract } from "../contracts/run-store.ts";
import { openMemoryStore } from "./memory-store.ts";

runStoreContract("the memory store keeps the run store's contract", async (_, handles) => {
  const store = openMemoryStore();
  return Array.from({ length: handles }, () => store);
});
