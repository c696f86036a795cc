import { sleep } from "../../app/sleep.ts";
import type { Notice } from "../../core/notice.ts";
import type { NoticeEvent } from "../../core/run.ts";
import { type Context, printJson } from "../context.ts";
import { EXIT } from "../failure.ts";
import type { RemoteActions } from "../remote/remote-session.ts";

/** Milliseconds between two looks at what became of a test. */
const BETWEEN_LOOKS = 1000;
/** The completion handler takes seconds; what it missed the poll's next sweep tells. Milliseconds. */
const PATIENCE = 150_000;

/** Has whoever tells people there send a test message, and waits for what came of it. */
export async function testRemotely(
  context: Context,
  remote: Pick<RemoteActions, "testChannel" | "readNotice">,
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
  for (const notice of notices) say(context, notice);
  return delivered ? EXIT.done : EXIT.failed;
}

const isOpen = ({ status }: Notice): boolean => status === "pending" || status === "sending";

const outcomeOf = ({ id, recipient, status, error }: Notice) => ({ id, recipient, status, error });

function say({ terminal, json }: Context, notice: Notice): void {
  const { channel, recipient, status } = notice;
  const text = `channel ${channel}${recipient === channel ? "" : `, ${recipient}`}: ${sayStatus(notice)}\n`;
  if (status !== "sent") terminal.err(`bioagent: ${text}`);
  else if (!json) terminal.out(text);
}

function sayStatus({ status, error }: Notice): string {
  if (status === "sent") return "delivered";
  if (status === "unknown") return `nobody knows whether it arrived: ${error}`;
  if (status === "dropped" || status === "failed") return `refused: ${error}`;
  return `not told within ${PATIENCE / 1000} s; whether anybody tells there is seen by bioagent notices --pending`;
}
