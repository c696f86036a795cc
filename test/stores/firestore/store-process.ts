/** A process of its own on a store: `node store-process.ts WORK HOST PROJECT [ARGUMENT]`. It prints one JSON value a line. */
import { openFirestoreStore } from "../../../src/stores/firestore/firestore-store.ts";
import { commitForEver, hammer, print } from "../store-work.ts";

const [work, emulatorHost, projectId = "", argument] = process.argv.slice(2);
const warn = (text: string): void => print({ warning: text });
const store = openFirestoreStore({ projectId, databaseId: "bioagent", emulatorHost, warn });
if (work === "hammer") await hammer(store, { count: Number(argument), names: 200 });
else if (work === "commit-for-ever") await commitForEver(store, Number(argument));
else throw new Error(`unknown work ${work}`);
await store.close();
