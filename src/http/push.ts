import { z } from "zod";

/** What we use of a Pub/Sub push: https://cloud.google.com/pubsub/docs/push#receive_push. Its data is never believed. */
const Envelope = z.object({
  message: z.object({
    attributes: z.record(z.string(), z.string()).optional(),
    publishTime: z.string().optional(),
  }),
});

export type Push =
  | {
      readonly kind: "push";
      readonly attributes: Readonly<Record<string, string>>;
      /** When Pub/Sub took the message, epoch milliseconds; null when it does not say. */
      readonly publishedAt: number | null;
    }
  /** Meant as a push, and not in the form of one. */
  | { readonly kind: "malformed" }
  /** Something else: an empty body, or any JSON that does not call itself a message. */
  | { readonly kind: "none" };

/** What a body is. Pub/Sub sends what is not acknowledged again and again, so what is malformed must be told from what is none. */
export function readPush(body: Uint8Array): Push {
  if (body.byteLength === 0) return { kind: "none" };
  const value = parse(body);
  if (value !== undefined && !callsItselfMessage(value)) return { kind: "none" };
  const envelope = Envelope.safeParse(value);
  if (!envelope.success) return { kind: "malformed" };
  const { attributes = {}, publishTime = "" } = envelope.data.message;
  const published = Date.parse(publishTime);
  return { kind: "push", attributes, publishedAt: Number.isNaN(published) ? null : published };
}

const callsItselfMessage = (value: unknown): boolean =>
  typeof value === "object" && value !== null && ("message" in value || "subscription" in value);

function parse(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString("utf8"));
  } catch {
    // Not JSON is neither a push nor what Scheduler is set up to send.
    return undefined;
  }
}

/** `projects/P/locations/L/jobs/ID`, as Batch names a job in its messages; a bare id is one too. */
const JOB_NAME = /^(?:projects\/([^/]+)\/locations\/[^/]+\/jobs\/)?([a-z0-9-]{1,63})$/;

/**
 * The attempt that a Batch job's name means: its last segment is the attempt's id. Null when the name has another form, or is one of
 * another project (`ours`; a project that is named by its number cannot be told, and is not refused).
 */
export function attemptOfJobName(jobName: string, ours: string | null): string | null {
  const parts = JOB_NAME.exec(jobName);
  if (!parts) return null;
  const project = parts[1];
  const isForeign = project !== undefined && ours !== null && !/^\d+$/.test(project) && project !== ours;
  return isForeign ? null : parts[2]!;
}

/** The run whose notice was committed, by its document's path, `notices/{run}~...`; nothing else of the event is believed. */
export function runOfNoticePath(path: string): string | null {
  return /(?:^|\/)notices\/([A-Za-z0-9._-]{1,128})~[^/]+$/.exec(path)?.[1] ?? null;
}

/**
 * Where a Firestore event names its document. In binary mode, as Eventarc sends it, the attributes are headers and the body is
 * protobuf, which need not be read: https://cloud.google.com/eventarc/docs/cloudevents#firestore
 */
export function documentOf(headers: Readonly<Record<string, string>>, body: Uint8Array): string | null {
  const named = headers["ce-document"] ?? headers["ce-subject"];
  if (named !== undefined) return named;
  const push = readPush(body);
  return push.kind === "push" ? (push.attributes["document"] ?? null) : null;
}
