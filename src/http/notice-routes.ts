import { z } from "zod";
import { findRun } from "../app/change.ts";
import { NotFound } from "../app/deps.ts";
import { listNotices, retryNotices } from "../app/notices.ts";
import { Notice } from "../core/notice.ts";
import { NOTICE_EVENTS } from "../core/run.ts";
import { NoticePage } from "./documents.ts";
import { type HttpResponse, json } from "./message.ts";
import { NoQuery, NoticesQuery, readQuery } from "./query.ts";
import { readBody } from "./read-body.ts";
import type { Call, Route } from "./route.ts";

async function list({ app, request }: Call): Promise<HttpResponse> {
  const { run, ...query } = readQuery(request.query, NoticesQuery);
  const run_id = run === undefined ? undefined : await findRun(app.deps, run);
  return json(200, await listNotices(app.deps, { ...query, run_id }));
}

async function read({ app, parts }: Call): Promise<HttpResponse> {
  const notice = await app.deps.store.readNotice(parts["notice"]!);
  if (notice === null) throw new NotFound("there is no such notice; GET /v1/notices lists them");
  return json(200, notice);
}

const NoBody = z.strictObject({});
const Retried = z.object({ retried: z.number().int() });

async function retryOne({ app, request, parts }: Call): Promise<HttpResponse> {
  readBody(request, NoBody);
  return json(200, { retried: await retryNotices(app.deps, parts["notice"]!) });
}

async function retryAll({ app, request }: Call): Promise<HttpResponse> {
  readBody(request, NoBody);
  return json(200, { retried: await retryNotices(app.deps, null) });
}

const TestBody = z.strictObject({
  event: z.enum(NOTICE_EVENTS).default("run.completed").meta({ description: "what the message is about" }),
});

/** The example that a test message shows is loaded when somebody asks for one. */
async function tryChannel({ app, request, parts }: Call): Promise<HttpResponse> {
  const { event } = readBody(request, TestBody);
  const { addTestNotices } = await import("../app/test-notices.ts");
  const added = await addTestNotices(app.deps, parts["channel"]!, event);
  return json(202, { notices: added.map(({ id, recipient }) => ({ id, recipient })) });
}

export const NOTICE_ROUTES: readonly Route[] = [
  {
    method: "GET",
    path: "/v1/notices",
    operation: "listNotices",
    summary: "What people were told, or are still to be told, and how the channels stand",
    query: NoticesQuery,
    answers: { 200: { about: "The newest of them, the newest last.", schema: NoticePage } },
    problems: [404],
    handle: list,
  },
  {
    method: "GET",
    path: "/v1/notices/{notice}",
    operation: "getNotice",
    summary: "One notice",
    query: NoQuery,
    answers: { 200: { about: "The notice.", schema: Notice } },
    problems: [404],
    handle: read,
  },
  {
    method: "POST",
    path: "/v1/notices/{notice}/retry",
    operation: "retryNotice",
    summary: "Put a notice that was given up back into the outbox",
    query: NoQuery,
    body: NoBody,
    answers: { 200: { about: "How many will be sent.", schema: Retried } },
    problems: [404, 413, 415],
    handle: retryOne,
  },
  {
    method: "POST",
    path: "/v1/notices/retry",
    operation: "retryNotices",
    summary: "Put every notice that was given up back into the outbox",
    query: NoQuery,
    body: NoBody,
    answers: { 200: { about: "How many will be sent.", schema: Retried } },
    problems: [413, 415],
    handle: retryAll,
  },
  {
    method: "POST",
    path: "/v1/channels/{channel}/test",
    operation: "testChannel",
    summary: "Send a test message; it is told by whoever tells people, and its notice says what came of it",
    query: NoQuery,
    body: TestBody,
    answers: {
      202: {
        about: "A notice for each recipient is in the outbox.",
        schema: z.object({ notices: z.array(z.object({ id: z.string(), recipient: z.string() })) }),
      },
    },
    problems: [404, 409, 413, 415],
    handle: tryChannel,
  },
];
