import { newNotice } from "../core/new-notice.ts";
import type { Notice } from "../core/notice.ts";
import type { NoticeEvent } from "../core/run.ts";
import type { Channel } from "../ports.ts";
import { Conflict, type Deps, NotFound } from "./deps.ts";
import { exampleFacts } from "./example-run.ts";
import { sayUnknown } from "./notices.ts";

/** Stands in the place of a run's id in notices that belong to none. */
const NO_RUN = "notify-test";

/**
 * Puts a test message for each recipient of a channel into the outbox, where whoever tells people finds it: so the channel is tried
 * with the secrets and the rights of the process that tells, which whoever asks for the test need not have.
 */
export async function addTestNotices(deps: Deps, name: string, event: NoticeEvent): Promise<Notice[]> {
  const tested = testedChannel(deps, name);
  if (tested.kind === "unknown") throw new NotFound(tested.reason);
  if (tested.kind === "broken") throw new Conflict(`where the API runs, ${tested.reason}`);
  if (tested.kind !== "ready") throw new Conflict(tested.reason);
  const { channel } = tested;
  const now = deps.now();
  const facts = testFacts(event, now);
  const group = `t${Date.parse(now)}`;
  const parts = { run_id: NO_RUN, round: 1, event, group, channel: name, facts, created_at: now };
  const notices = channel.recipients.map(
    (recipient): Notice => ({ ...newNotice({ ...parts, recipient }), test: true }),
  );
  for (const notice of notices) await deps.store.addNotice(notice);
  return notices;
}

/** What a test message says: of an example, and that it is one. */
export const testFacts = (event: NoticeEvent, now: string): Notice["facts"] => ({
  ...exampleFacts(event, now),
  description: "a test of this channel",
});

export type Tested =
  | { readonly kind: "ready"; readonly channel: Channel }
  /** What is in the way, and what can be done. */
  | { readonly kind: "unknown" | "pulled" | "broken"; readonly reason: string };

/** The channel, if it can be tried from here. */
export function testedChannel(deps: Deps, name: string): Tested {
  const channel = deps.channels.get(name);
  if (channel?.pulled) return { kind: "pulled", reason: sayPulled(name) };
  if (channel) return { kind: "ready", channel };
  const broken = deps.brokenChannels.get(name);
  if (broken !== undefined) return { kind: "broken", reason: broken };
  return { kind: "unknown", reason: sayUnknown(deps, name) };
}

const sayPulled = (name: string): string =>
  `channel ${name} is not told from here: a bridge fetches its notices and tells them. On its Mac, ` +
  `bioagent bridge imessage --channel ${name} --check tries both sides and sends nothing; bioagent notify preview ${name} shows the text`;
