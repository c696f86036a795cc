import type { Fields, Snapshot } from "./database.ts";
import type { Known } from "./known.ts";
import { newId } from "./read-run.ts";
import type { Session, Version } from "./session.ts";

const MOST_TRIES = 3;

/** A document with a revision of its own, and how it is written. */
export interface Revised {
  readonly path: string;
  readonly what: string;
  /** The revision that was read. */
  readonly rev: number;
  readonly known: Known<Version>;
  /** The next version's fields, under this id of the write. */
  readonly fields: (id: string) => Fields;
  /** Whether revision 0 stands for no document. */
  readonly mayCreate: boolean;
}

/** Replaces the document if it still has the revision that was read. False when somebody was faster, or it is not there. */
export async function replaceRevised({ db }: Session, document: Revised): Promise<boolean> {
  const { path, what, rev, known, mayCreate } = document;
  const id = newId();
  const data = document.fields(id);
  let version = known.get(path);
  for (let tries = 1; ; tries++) {
    if (version?.rev !== rev) {
      const there = await db.get(path, what);
      version = there ? versionOf(there) : undefined;
      if (there ? version?.rev !== rev : !(mayCreate && rev === 0)) return false;
    }
    const written = await db.write(
      [
        version
          ? { kind: "update", path, data, updateTime: version.updateTime }
          : { kind: "create", path, data },
      ],
      what,
    );
    if (written.kind === "done") {
      known.set(path, { rev: rev + 1, updateTime: written.at });
      return true;
    }
    known.forget(path);
    const there = await db.get(path, what);
    if (there && commitOf(there) === id) return true;
    if (tries >= MOST_TRIES && written.kind === "unknown") throw written.error;
    if (tries >= MOST_TRIES) return false;
    version = there ? versionOf(there) : undefined;
    if (there && version?.rev !== rev) return false;
  }
}

export const versionOf = ({ data, updateTime }: Snapshot): Version => ({
  rev: Number(data["rev"]),
  updateTime,
});

export function commitOf({ data: { store } }: Snapshot): unknown {
  return typeof store === "object" && store !== null && "commit" in store ? store.commit : null;
}
