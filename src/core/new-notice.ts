import { noticeId } from "./ids.ts";
import type { Notice } from "./notice.ts";

type Parts = Pick<
  Notice,
  "run_id" | "round" | "event" | "group" | "channel" | "recipient" | "facts" | "created_at"
> & {
  /** At once unless given. */
  readonly next_at?: string | null;
};

/** A notice that nobody has tried to tell yet. The same run, round, event, group, channel and recipient make the same one. */
export function newNotice({ next_at, ...parts }: Parts): Notice {
  const { run_id: run, round, event, group, channel, recipient, created_at } = parts;
  return {
    id: noticeId({ run, round, event, group, channel, recipient }),
    ...parts,
    status: "pending",
    next_at: next_at ?? created_at,
    tries: 0,
    possible_repeat: false,
    sent_at: null,
    error: null,
    rev: 0,
  };
}
