import { sleep } from "../../app/sleep.ts";
import type { ClaimedNotice } from "../../core/claimed-notice.ts";
import type { Channel, Delivery } from "../../ports.ts";

/** The Mac's own side: what sends, and whether it could. */
export interface Sender {
  readonly deliver: Channel["deliver"];
  /** Sends nothing; absent where it cannot be told beforehand. */
  readonly check?: (() => Promise<{ readonly ok: boolean; readonly text: string }>) | undefined;
}

export interface WorkerParts {
  /** Errors are sentences. */
  readonly claim: () => Promise<readonly ClaimedNotice[]>;
  readonly report: (notice: ClaimedNotice, outcome: Delivery) => Promise<void>;
  /** Whether another try of a report is in vain: the API was reached, and it said no. */
  readonly isFinal: (error: unknown) => boolean;
  readonly sender: Sender;
  /** A line for each notice, and when something breaks or works again. */
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
  /** Milliseconds before another try of a report; the last one goes on. */
  readonly pauses?: readonly number[];
  /** How long a Mac that could send counts as one that can, milliseconds. */
  readonly trustMilliseconds?: number;
}

const TRUST_MILLISECONDS = 60_000;
const PAUSES = [1_000, 3_000, 10_000, 30_000];

export interface Worker {
  /** Tells what there is to tell; false when something was in the way. */
  pass(): Promise<boolean>;
}

/**
 * Fetches, sends, reports, one message after the other. It holds nothing that the store does not have: killed at any instruction, its
 * claim runs out, and the next bridge looks for the text before it sends it again.
 */
export function openWorker(parts: WorkerParts): Worker {
  const { claim, sender, signal, trustMilliseconds = TRUST_MILLISECONDS } = parts;
  const trouble = tellChanges(parts.say);
  let wellUntil = 0;
  const trust = (isWell: boolean): boolean => {
    wellUntil = isWell ? performance.now() + trustMilliseconds : 0;
    return isWell;
  };

  /** What could not be sent is not fetched: the API then tells another channel in time. */
  const isReady = async (): Promise<boolean> => {
    if (performance.now() < wellUntil) return true;
    const { ok, text } = (await sender.check?.()) ?? { ok: true, text: "" };
    trouble("mac", ok ? null : text);
    return trust(ok);
  };

  const fetched = async (): Promise<readonly ClaimedNotice[] | null> => {
    try {
      const notices = await claim();
      trouble("api", null);
      return notices;
    } catch (error) {
      trouble("api", textOf(error));
      return null;
    }
  };

  return {
    async pass() {
      while (!signal.aborted) {
        const notices = (await isReady()) ? await fetched() : null;
        if (notices === null) return false;
        if (notices.length === 0) return true;
        for (const notice of notices) {
          const outcome = await sender.deliver(messageOf(notice), notice.recipient);
          parts.say(lineOf(notice, outcome));
          const isReported = await reported(parts, notice, outcome);
          if (!trust(outcome.kind === "delivered" && isReported)) return false;
        }
      }
      return true;
    },
  };
}

const messageOf = ({
  id,
  rev: _rev,
  recipient: _recipient,
  claimed_until: _until,
  ...told
}: ClaimedNotice) => ({
  ...told,
  notice_id: id,
  test: false,
  view: async () => null,
});

/** Until the claim runs out: a report that comes too late is refused, and then the text is looked for. */
async function reported(parts: WorkerParts, notice: ClaimedNotice, outcome: Delivery): Promise<boolean> {
  const { report, isFinal, say, signal, pauses = PAUSES } = parts;
  for (let tries = 0; ; tries++) {
    try {
      await report(notice, outcome);
      return true;
    } catch (error) {
      // The try before has arrived, though its answer has not; or the claim is over, and the text will be looked for.
      if (tries > 0 && isFinal(error)) return true;
      const pause = pauses[Math.min(tries, pauses.length - 1)] ?? 1_000;
      const isLate = Date.now() + pause >= Date.parse(notice.claimed_until);
      if (tries === 0 || isFinal(error)) say(`${notice.id}  not reported: ${textOf(error)}`);
      if (isFinal(error) || isLate || signal.aborted) return false;
      await sleep(pause, signal);
    }
  }
}

/** Says a trouble when it comes, when it changes, and when it is over. */
function tellChanges(say: (line: string) => void): (what: "mac" | "api", trouble: string | null) => void {
  const told = new Map<string, string>();
  return (what, trouble) => {
    const before = told.get(what);
    if (trouble === null) {
      told.delete(what);
      if (before !== undefined) say(`${what}  works again`);
    } else if (trouble !== before) {
      told.set(what, trouble);
      say(`${what}  ${trouble}`);
    }
  };
}

const lineOf = ({ id, possible_repeat }: ClaimedNotice, outcome: Delivery): string =>
  `${id}  ${outcome.kind}${possible_repeat ? " (after an earlier try)" : ""}${"reason" in outcome ? `: ${outcome.reason}` : ""}`;

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
