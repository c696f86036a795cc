/** An `imsg` program on this machine, and the Messages database that it works on. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** How the program starts, if not well. */
export type ImsgStart = "no-access" | "crash" | "mute" | "flood";
/** How one sending goes, if not well; `-sent`: the text arrives all the same. */
export type ImsgFault =
  | "hang"
  | "hang-sent"
  | "die"
  | "die-sent"
  | "not-authorized"
  | "script-error"
  | "old"
  | "not-ok"
  | "noise";

export interface ImsgState {
  start: ImsgStart | null;
  readonly faults: ImsgFault[];
  readonly chats: { readonly id: number; readonly guid: string; readonly identifier: string }[];
  readonly messages: {
    readonly id: number;
    readonly chat_id: number;
    readonly text: string;
    readonly is_from_me: boolean;
    readonly created_at: string;
  }[];
}

export interface Imsg {
  /** The program's path. */
  readonly binary: string;
  readonly chat: string;
  state(): ImsgState;
  change(change: (state: ImsgState) => void): void;
  close(): void;
}

export const IMSG_CHAT = "iMessage;-;+15551234567";

export function makeImsg(): Imsg {
  const folder = mkdtempSync(join(tmpdir(), "bioagent-imsg-"));
  const path = join(folder, "messages.json");
  const binary = join(folder, "imsg");
  const program = fileURLToPath(new URL("imsg-program.ts", import.meta.url));
  writeFileSync(binary, `#!/bin/sh\nexec "${process.execPath}" "${program}" "${path}" "$@"\n`);
  chmodSync(binary, 0o755);
  const write = (state: ImsgState): void => writeFileSync(path, JSON.stringify(state));
  const state = (): ImsgState => JSON.parse(readFileSync(path, "utf8")) as ImsgState;
  write({
    start: null,
    faults: [],
    chats: [
      { id: 1, guid: "iMessage;-;+15550000000", identifier: "+15550000000" },
      { id: 2, guid: IMSG_CHAT, identifier: "+15551234567" },
    ],
    messages: [],
  });
  return {
    binary,
    chat: IMSG_CHAT,
    state,
    change: (change) => {
      const next = state();
      change(next);
      write(next);
    },
    close: () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }),
  };
}
