import { sleep } from "../../app/sleep.ts";
import type { Notice } from "../../core/notice.ts";
import type { NoticeEvent } from "../../core/run.ts";
import { type Context, printJson } from "../context.ts";
import { EXIT } from "../failure.ts";
import type { RemoteActions } from "../remote/remote-session.ts";
import { MOST_GIVEN_UP, sayGivenUp, sayTried } from "./say-tried.ts";

/** Milliseconds between two looks at what became of a test. */
const BETWEEN_LOOKS = 1000;
/** The completion handler takes seconds; what it missed the poll's next sweep tells. Milliseconds. */
const PATIENCE = 150_000;

/** Has whoever tells people there send a test message, and waits for what came of it. */
export async function testRemotely(
  context: Context,
  remote: Pick<RemoteActions, "testChannel" | "readNotice" | "notices">,
  { channel, event }: { readonly channel: string; readonly event: NoticeEvent },
): Promise<number> {
  const until = Date.now() + PATIENCE;
  let notices = await remote.testChannel(channel, event);
  while (notices.some(isOpen) && Date.now() < until) {
    await sleep(BETWEEN_LOOKS);
    notices = await Promise.all(
      notices.map((notice) => (isOpen(notice) ? remote.readNotice(notice.id) : notice)),
    );
  }
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

const isOpen = ({ status }: Notice): boolean => status === "pending" || status === "sending";

const outcomeOf = ({ id, recipient, status, error }: Notice) => ({ id, recipient, status, error });

function sayStatus({ status, error }: Notice): string {
  if (status === "sent") return "delivered";
  if (status === "unknown") return `nobody knows whether it arrived: ${error}`;
  if (status === "dropped" || status === "failed") return `refused: ${error}`;
  return `not told within ${PATIENCE / 1000} s; whether anybody tells there is seen by bioagent notices --pending`;
}
