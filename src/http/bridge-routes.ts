import { z } from "zod";
import { claimNotices, reportOutcome } from "../app/bridge.ts";
import { ClaimedNotice } from "../core/claimed-notice.ts";
import { NOTICE_STATUSES } from "../core/notice.ts";
import type { Delivery } from "../ports.ts";
import { type HttpResponse, json } from "./message.ts";
import { NoQuery } from "./query.ts";
import { readBody } from "./read-body.ts";
import type { Call, Route } from "./route.ts";

/** What a bridge asks for, and what it says of it: for `bioagent bridge`, which runs where the cloud does not reach. */

const Kept = z
  .record(z.string().min(1).max(64), z.union([z.string().max(500), z.number(), z.boolean(), z.null()]))
  .refine((kept) => Object.keys(kept).length <= 20, "expected at most 20 values");

const ClaimBody = z.strictObject({
  limit: z
    .number()
    .int()
    .min(0)
    .max(20)
    .default(1)
    .meta({ description: "messages at most; 0 only asks whether the channel is told by a bridge" }),
  worker: z
    .string()
    .regex(/^[\w.@ ()-]{1,100}$/, { error: "expected who asks, such as the machine's name" })
    .meta({ description: "who asks, for people who look at a notice that is under way" }),
});

const reason = z.string().min(1).max(2_000);
const keep = Kept.optional();
const Outcome = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("delivered"), keep }),
  z.strictObject({
    kind: z.literal("rejected"),
    reason,
    after_seconds: z.number().int().min(0).max(86_400).nullable(),
    alone: z.boolean().optional(),
    keep,
  }),
  z.strictObject({ kind: z.literal("permanent"), reason, disable: z.boolean(), keep }),
  z.strictObject({ kind: z.literal("ambiguous"), reason, keep }),
]) satisfies z.ZodType<Delivery>;

const OutcomeBody = z.strictObject({
  rev: z.number().int().min(0).meta({ description: "as it was given with the notice" }),
  outcome: Outcome,
});

async function claim({ app, request, parts }: Call): Promise<HttpResponse> {
  const { limit, worker } = readBody(request, ClaimBody);
  return json(200, { notices: await claimNotices(app.deps, { channel: parts["channel"]!, limit, worker }) });
}

async function report({ app, request, parts }: Call): Promise<HttpResponse> {
  const { id, status, next_at } = await reportOutcome(
    app.deps,
    parts["notice"]!,
    readBody(request, OutcomeBody),
  );
  return json(200, { id, status, next_at });
}

export const BRIDGE_ROUTES: readonly Route[] = [
  {
    method: "POST",
    path: "/v1/channels/{channel}/claim",
    operation: "claimNotices",
    summary: "Take notices of a channel that a bridge tells",
    query: NoQuery,
    body: ClaimBody,
    answers: {
      200: {
        about: "What may be told now, claimed until each one's claimed_until.",
        schema: z.object({ notices: z.array(ClaimedNotice) }),
      },
    },
    problems: [404, 409, 413, 415],
    handle: claim,
  },
  {
    method: "POST",
    path: "/v1/notices/{notice}/outcome",
    operation: "reportOutcome",
    summary: "Say what the sending of a claimed notice came to",
    query: NoQuery,
    body: OutcomeBody,
    answers: {
      200: {
        about: "The notice as it is now.",
        schema: z.object({
          id: z.string(),
          status: z.enum(NOTICE_STATUSES),
          next_at: z.string().nullable(),
        }),
      },
    },
    problems: [404, 409, 413, 415],
    handle: report,
  },
];
