import { randomUUID } from "node:crypto";
import { PATHS } from "./paths.ts";
import type { Session } from "./session.ts";

/** The store's identity: made once, by whoever asks first. */
export async function readUid({ db, now }: Session): Promise<string> {
  const what = "read the store's identity";
  for (;;) {
    const there = await db.get(PATHS.meta, what);
    if (there) return String(there.data["uid"]);
    const data = { uid: randomUUID(), created_at: now() };
    const written = await db.write([{ kind: "create", path: PATHS.meta, data }], what);
    if (written.kind === "unknown") throw written.error;
    if (written.kind === "done") return data.uid;
  }
}
