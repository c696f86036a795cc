import { findRun } from "../app/change.ts";
import { InvalidRequest, NotFound } from "../app/deps.ts";
import { startRun } from "../app/start.ts";
import type { Run } from "../core/run.ts";
import { renderRun } from "../ledger/run-document.ts";
import { RunDocument, RunPage, RunReceipt } from "./documents.ts";
import { type HttpResponse, json } from "./message.ts";
import { NoQuery, RunQuery, RunsQuery, readQuery } from "./query.ts";
import { readBody } from "./read-body.ts";
import type { Call, Route } from "./route.ts";
import { startInput } from "./run-input.ts";
import { StartBody } from "./run-request.ts";

const KEY_PATTERN = /^[\x21-\x7e]{1,200}$/;

async function start({ app, request }: Call): Promise<HttpResponse> {
  const body = readBody(request, StartBody);
  const requestKey = request.headers["idempotency-key"] ?? null;
  if (requestKey !== null && !KEY_PATTERN.test(requestKey)) {
    const message = "expected 1 to 200 visible characters, such as a UUID";
    throw new InvalidRequest([{ path: "Idempotency-Key", message }]);
  }
  const input = await startInput(app, body);
  return started(await startRun(app.deps, { ...input, requestKey, requestedBy: request.caller }));
}

/** 201 with the new run's place; 200 when an earlier request with this key has already started it. */
export function started({ run, repeated }: { run: Run; repeated: boolean }): HttpResponse {
  const { run_id, name, status } = run;
  return json(
    repeated ? 200 : 201,
    { run_id, name, status },
    { location: `/v1/runs/${run_id}`, ...(repeated ? { "idempotency-replayed": "true" } : {}) },
  );
}

async function list({ app, request }: Call): Promise<HttpResponse> {
  const { label, q, ...query } = readQuery(request.query, RunsQuery);
  const labels = label && Object.fromEntries(label);
  const page = await app.deps.store.queryRuns({ ...query, labels, text: q });
  return json(200, {
    runs: page.items.map((run) => renderRun(run, [], { jobs: false })),
    cursor: page.cursor,
  });
}

async function show({ app, request, parts }: Call): Promise<HttpResponse> {
  const { jobs } = readQuery(request.query, RunQuery);
  const { store } = app.deps;
  const runId = await findRun(app.deps, parts["id"]!);
  const loaded = jobs
    ? await store.load(runId, 0, "whole")
    : await store.readRun(runId).then((run) => run && { run, jobs: [] });
  if (!loaded) throw new NotFound(`there is no run ${runId}`);
  return json(200, renderRun(loaded.run, loaded.jobs, { jobs }));
}

export const RUN_ROUTES: readonly Route[] = [
  {
    method: "POST",
    path: "/v1/runs",
    operation: "startRun",
    summary: "Start a run",
    query: NoQuery,
    body: StartBody,
    headers: { "Idempotency-Key": "the same key starts one run only, however often the request is sent" },
    answers: {
      201: { about: "The run is started; Location names it.", schema: RunReceipt },
      200: {
        about: "This key has already started this run (Idempotency-Replayed: true).",
        schema: RunReceipt,
      },
    },
    problems: [409, 413, 415, 429],
    handle: start,
  },
  {
    method: "GET",
    path: "/v1/runs",
    operation: "listRuns",
    summary: "Runs, newest first",
    query: RunsQuery,
    answers: { 200: { about: "A page of runs, without their jobs.", schema: RunPage } },
    problems: [],
    handle: list,
  },
  {
    method: "GET",
    path: "/v1/runs/{id}",
    operation: "showRun",
    summary: "One run with its jobs",
    query: RunQuery,
    answers: { 200: { about: "The run document.", schema: RunDocument } },
    problems: [404],
    handle: show,
  },
];
