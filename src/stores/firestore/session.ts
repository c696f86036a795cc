import type { Timestamp } from "@google-cloud/firestore";
import type { Database } from "./database.ts";
import { Known } from "./known.ts";

/** What one open store knows and uses. */
export interface Session {
  readonly db: Database;
  readonly now: () => string;
  readonly warn: (text: string) => void;
  /** The version of each run that this process has read or written last: what a commit's `rev` stands for. */
  readonly runs: Known<RunVersion>;
  readonly notices: Known<Version>;
  readonly channels: Known<Version>;
  readonly threads: Known<Version>;
}

/** A revision, and the time of the write that made it: Firestore's precondition. */
export interface Version {
  readonly rev: number;
  readonly updateTime: Timestamp;
}

export interface RunVersion extends Version {
  readonly commits: readonly string[];
}

export const openSession = (
  db: Database,
  { now, warn }: { now: () => string; warn: (text: string) => void },
): Session => {
  const said = new Set<string>();
  const warnOnce = (text: string): void => {
    if (said.has(text)) return;
    if (said.size > 1_000) said.clear();
    said.add(text);
    warn(text);
  };
  return {
    db,
    now,
    warn: warnOnce,
    runs: new Known(),
    notices: new Known(),
    channels: new Known(),
    threads: new Known(),
  };
};
