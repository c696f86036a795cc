import { z } from "zod";

const Attributes = z.record(z.string(), z.string());

/** A Pub/Sub push: https://cloud.google.com/pubsub/docs/push#receive_push */
const Envelope = z.object({
  message: z.object({ attributes: Attributes.optional(), data: z.string().optional() }),
});

/** What a push says in its attributes; null when the body is no push at all. Its data is never believed. */
export function readPush(body: Uint8Array): Readonly<Record<string, string>> | null {
  const envelope = Envelope.safeParse(parse(body));
  return envelope.success ? (envelope.data.message.attributes ?? {}) : null;
}

function parse(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString("utf8"));
  } catch {
    // Not JSON is not a push.
    return null;
  }
}

/**
 * The run that a Batch job's name points at: attempt ids begin with the run's day and number, which no two runs of one
 * store share. A hint only: a wrong one costs a pass, and changes nothing.
 */
export function runOfJobName(jobName: string, runs: readonly string[]): string | null {
  const parts = /(?:^|\/)bioagent-(\d{4})(\d{2})(\d{2})-(\d{3,})-[a-z0-9-]+$/.exec(jobName);
  if (!parts) return null;
  const [, year, month, day, number] = parts;
  const found = runs.filter((id) => id.startsWith(`${year}-${month}-${day}_`) && id.endsWith(`_${number}`));
  return found.length === 1 ? found[0]! : null;
}

/** The run whose notice was committed, by its document's path, `notices/{run}~...`; nothing else of the event is believed. */
export function runOfNoticePath(path: string): string | null {
  return /(?:^|\/)notices\/([A-Za-z0-9._-]{1,128})~[^/]+$/.exec(path)?.[1] ?? null;
}

/** Where an event names its document: Firestore's binary-mode headers, or a push's attribute. */
export function documentOf(headers: Readonly<Record<string, string>>, body: Uint8Array): string | null {
  return headers["ce-document"] ?? headers["ce-subject"] ?? readPush(body)?.["document"] ?? null;
}
