import { createHash } from "node:crypto";
import { cutText, fitDetails, flatten, noticeParts } from "../../core/message.ts";
import type { NoticeFacts } from "../../core/notice.ts";
import type { Message } from "../../ports.ts";

/** `type` is this and the event: `dev.bioagent.run.completed`. */
const TYPE_PREFIX = "dev.bioagent.";
export const DEFAULT_SOURCE = "/bioagent";

/** Standard Webhooks asks for payloads of less than about 20 kB. */
const MAX_BYTES = 20_000;
/** Characters of the details, and of any other field; both are scaled down until the whole fits. */
const MAX_DETAILS = 4_000;
const MAX_FIELD = 1_000;
const MAX_COMMANDS = 5;

/** The body of one attempt: a CloudEvent 1.0 in the structured JSON form, `application/cloudevents+json`. */
export interface CloudEvent {
  readonly specversion: "1.0";
  /** The same for every attempt; `webhook-id` too. */
  readonly id: string;
  readonly source: string;
  readonly type: string;
  /** The run. */
  readonly subject: string;
  readonly time: string;
  readonly datacontenttype: "application/json";
  readonly data: EventData;
}

export interface EventData extends NoticeFacts {
  readonly event: Message["event"];
  readonly round: number;
  /** The whole notice as people read it elsewhere. */
  readonly text: string;
  /** An earlier sending may have arrived, under the same id. */
  readonly possible_repeat: boolean;
  readonly test: boolean;
  /** URIs; a folder of a machine where it is no URI. `logs` only where people can go there. */
  readonly links: { readonly output: string; readonly logs?: string };
}

/** `time` is an instant; `source` a URI. */
export function cloudEvent(message: Message, { source, time }: { source: string; time: string }): CloudEvent {
  const { event, facts } = message;
  const of = (data: EventData): CloudEvent => ({
    specversion: "1.0",
    id: eventId(message),
    source,
    type: `${TYPE_PREFIX}${event}`,
    subject: clean(facts.run_id, 128) || "unknown",
    time,
    datacontenttype: "application/json",
    data,
  });
  for (let scale = 1; ; scale /= 2) {
    const whole = of(dataOf(message, scale));
    if (Buffer.byteLength(JSON.stringify(whole)) <= MAX_BYTES || scale < MIN_SCALE) return whole;
  }
}

/** A character is at most three bytes a UTF-16 unit in JSON, so this always fits. */
const MIN_SCALE = 1 / 16;

/**
 * The notice's id without `.`, which separates it from the rest where it is signed; `%` and a code stand for what else a header should
 * not hold. The end differs where another BioAgent tells of a run of the same name, or where more jobs are told of in this notice than
 * at its first try: a receiver that drops what it knows must drop neither.
 */
export function eventId({ notice_id, facts }: Message): string {
  const said = JSON.stringify([facts.output, facts.details, facts.more]);
  const digest = createHash("sha256").update(said).digest("hex").slice(0, 8);
  const escaped = notice_id.replace(/[^\w@+~%-]/gu, (char) => `%${char.codePointAt(0)!.toString(16)}`);
  return `${escaped}~${digest}`;
}

function dataOf(message: Message, scale: number): EventData {
  const { event, facts, round, possible_repeat, test } = message;
  const parts = noticeParts(event, { ...facts, commands: facts.commands.slice(0, MAX_COMMANDS) }, message);
  const cut = (text: string): string => cutText(text, MAX_FIELD * scale);
  const shown = fitDetails(parts, MAX_DETAILS * scale);
  const kept = parts.details.filter((detail, at) => shown[at] === detail);
  const output = cut(clean(facts.output));
  return {
    event,
    run_id: cut(clean(facts.run_id)),
    name: cut(clean(facts.name)),
    pipeline: cut(clean(facts.pipeline)),
    status: facts.status,
    outcome: facts.outcome,
    status_line: cut(clean(facts.status_line)),
    output,
    executor: facts.executor,
    description: cut(clean(facts.description)),
    round,
    details: kept,
    more: parts.more + parts.details.length - kept.length,
    retries: facts.retries === null ? null : cut(clean(facts.retries)),
    jobs: facts.jobs ?? null,
    logs: facts.logs ? cut(clean(facts.logs)) : null,
    seconds: facts.seconds,
    commands: facts.commands.slice(0, MAX_COMMANDS).map((command) => cut(clean(command))),
    text: [parts.title, ...parts.head.map(cut), ...shown, ...parts.tail.map(cut)].join("\n"),
    possible_repeat,
    test,
    links: { output, ...(facts.logs ? { logs: cut(clean(facts.logs)) } : {}) },
  };
}

/** Halves of pairs and control characters break other languages' JSON readers, and databases behind them. */
const clean = (text: string, maxChars = Infinity): string => cutText(flatten(text), maxChars);
