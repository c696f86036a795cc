import { sleep } from "../../app/sleep.ts";
import type { Notice } from "../../core/notice.ts";
import { sayDuration } from "../../core/quantity.ts";
import type { NoticeEvent } from "../../core/run.ts";
import { type Context, printJson } from "../context.ts";
import { EXIT } from "../failure.ts";
import type { RemoteActions } from "../remote/remote-session.ts";
import { secondsBetween } from "../render/time.ts";
import { MOST_GIVEN_UP, sayGivenUp, sayTried } from "./say-tried.ts";

/** Milliseconds between two looks at what became of a test. */
const BETWEEN_LOOKS = 1000;
/** The completion handler takes seconds; what it missed the poll's next sweep tells. Milliseconds. */
const PATIENCE = 150_000;
/** What comes to its turn within so many seconds needs no word. */
const SOON = 5;

type Remote = Pick<RemoteActions, "testChannel" | "readNotice" | "notices">;

/** Has whoever tells people there send a test message, and waits for what came of it, but not for a turn that is far off. */
export async function testRemotely(
  context: Context,
  remote: Remote,
  { channel, event }: { readonly channel: string; readonly event: NoticeEvent },
): Promise<number> {
  const notices = await awaitOutcomes(context, remote, await remote.testChannel(channel, event));
  const delivered = notices.every(({ status }) => status === "sent");
  if (context.json) printJson(context, { channel, delivered, outcomes: notices.map(outcomeOf) });
  for (const notice of notices) {
    const { recipient, status } = notice;
    sayTried(context, channel, { recipient, delivered: status === "sent", text: sayStatus(notice) });
  }
  if (delivered && !context.json) {
    const failed = await remote.notices({ channel, status: ["failed"], limit: MOST_GIVEN_UP });
    context.terminal.out(sayGivenUp(failed.notices.length));
  }
  return delivered ? EXIT.done : EXIT.failed;
}

async function awaitOutcomes(
  { terminal }: Context,
  remote: Pick<Remote, "readNotice">,
  added: readonly Notice[],
): Promise<readonly Notice[]> {
  const until = Date.now() + PATIENCE;
  let notices = added;
  let said: Notice | undefined;
  while (Date.now() < until && notices.some((notice) => isOpen(notice) && dueAt(notice) < until)) {
    const late = said ? undefined : notices.find((notice) => secondsLeft(notice) > SOON);
    if (late) terminal.err(`bioagent: channel ${late.channel}: waits for ${sayTurn(late)}\n`);
    said ??= late;
    await sleep(BETWEEN_LOOKS);
    notices = await Promise.all(
      notices.map((notice) => (isOpen(notice) ? remote.readNotice(notice.id) : notice)),
    );
  }
  return notices;
}

const isOpen = ({ status }: Notice): boolean => status === "pending" || status === "sending";

/** When a notice that waits may be sent, epoch milliseconds; 0 for one that is being sent. */
const dueAt = ({ status, next_at }: Notice): number =>
  status === "pending" && next_at !== null ? Date.parse(next_at) : 0;

const secondsLeft = (notice: Notice): number =>
  Math.ceil(secondsBetween(new Date().toISOString(), new Date(dueAt(notice)).toISOString()));

const sayTurn = (notice: Notice): string =>
  `its turn, in ${sayDuration(secondsLeft(notice))}: its provider asked for a pause, or others are told before it`;

const outcomeOf = ({ id, recipient, status, error, next_at }: Notice) => ({
  id,
  recipient,
  status,
  error,
  next_at,
});

function sayStatus(notice: Notice): string {
  const { status, error, channel } = notice;
  if (status === "sent") return "delivered";
  if (status === "unknown") return `nobody knows whether it arrived: ${error}`;
  if (status === "dropped" || status === "failed") return `refused: ${error}`;
  if (secondsLeft(notice) > SOON)
    return `waits for ${sayTurn(notice)}; then bioagent notices --channel ${channel} says what came of it`;
  return `not told within ${PATIENCE / 1000} s; whether anybody tells there is seen by bioagent notices --pending`;
}
