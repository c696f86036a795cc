import type { TestContext } from "node:test";
import { Firestore } from "@google-cloud/firestore";
import {
  type FirestoreStore,
  type FirestoreStoreOptions,
  openFirestoreStore,
} from "../../../src/stores/firestore/firestore-store.ts";
import { firestoreProject } from "../../support/firestore-emulator.ts";

export interface Opened {
  readonly store: FirestoreStore;
  /** Another handle on the same store, as another process has it. */
  readonly another: (options?: Partial<FirestoreStoreOptions>) => FirestoreStore;
  /** Google's client on the same database: what a person does in the console. */
  readonly console: Firestore;
  readonly warnings: string[];
  readonly projectId: string;
  readonly host: string;
}

/** A new, empty store. Null: no emulator here, the test is skipped. */
export async function openStore(
  t: TestContext,
  options: Partial<FirestoreStoreOptions> = {},
): Promise<Opened | null> {
  const project = await firestoreProject(t);
  if (!project) return null;
  const { host, projectId } = project;
  const databaseId = "bioagent";
  const warnings: string[] = [];
  const another = (more: Partial<FirestoreStoreOptions> = {}): FirestoreStore => {
    const warn = (text: string): void => void warnings.push(text);
    const place = { projectId, databaseId, emulatorHost: host };
    const store = openFirestoreStore({ ...place, warn, ...options, ...more });
    t.after(() => store.close());
    return store;
  };
  const console = new Firestore({ projectId, databaseId, host, ssl: false });
  t.after(() => console.terminate());
  return { store: another(), another, console, warnings, projectId, host };
}
