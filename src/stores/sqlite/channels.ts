import type { ChannelState } from "../../ports.ts";
import type { Connection } from "./connection.ts";

/** A channel that nobody has written of yet is in order, at revision 0. */
export const readChannel = (db: Connection, channel: string): ChannelState =>
  db.read(`read the state of channel ${channel}`, () => {
    const state = db.document<ChannelState>("SELECT doc FROM channels WHERE channel = ?", channel);
    return state ?? { channel, not_before: null, disabled: null, rev: 0 };
  });

const WRITE = `INSERT INTO channels (channel, rev, doc) SELECT ?1, ?2, ?3
  WHERE ?4 = coalesce((SELECT rev FROM channels WHERE channel = ?1), 0)
  ON CONFLICT DO UPDATE SET rev = excluded.rev, doc = excluded.doc`;

/** False when somebody was faster. */
export function updateChannel(db: Connection, state: ChannelState): boolean {
  const next = { ...state, rev: state.rev + 1 };
  return db.write(
    `update the state of channel ${state.channel}`,
    () => db.run(WRITE, next.channel, next.rev, JSON.stringify(next), state.rev) === 1,
  );
}
