import { z } from "zod";
import type { ChannelState } from "../../ports.ts";
import { parseDocument } from "./parse-document.ts";
import { PATHS } from "./paths.ts";
import { replaceRevised, versionOf } from "./revised.ts";
import type { Session } from "./session.ts";
import { decodeFields, encodeFields } from "./values.ts";

const Channel = z.object({
  channel: z.string(),
  not_before: z.string().nullable(),
  next_turn: z.string().nullable().optional(),
  disabled: z.object({ reason: z.string(), since: z.string() }).nullable(),
  rev: z.number().int(),
});

/** A channel that nobody has written of yet is in order, at revision 0. */
export async function readChannel({ db, channels }: Session, channel: string): Promise<ChannelState> {
  const path = PATHS.channel(channel);
  const snapshot = await db.get(path, `read the state of channel ${channel}`);
  if (snapshot === null) return { channel, not_before: null, disabled: null, rev: 0 };
  channels.set(path, versionOf(snapshot));
  return parseDocument(Channel, path, decodeFields(snapshot.data));
}

/** False when somebody was faster. */
export const updateChannel = (session: Session, state: ChannelState): Promise<boolean> =>
  replaceRevised(session, {
    path: PATHS.channel(state.channel),
    what: `update the state of channel ${state.channel}`,
    rev: state.rev,
    known: session.channels,
    fields: (id) => ({ ...encodeFields({ ...state, rev: state.rev + 1 }), store: { commit: id } }),
    mayCreate: true,
  });
