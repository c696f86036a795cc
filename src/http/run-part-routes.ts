import { findRun } from "../app/change.ts";
import { readLog } from "../app/queries.ts";
import { EventList, JobPage } from "./documents.ts";
import { type HttpResponse, json, text } from "./message.ts";
import { EventsQuery, JobsQuery, LogQuery, readQuery } from "./query.ts";
import type { Call, Route } from "./route.ts";

async function jobs({ app, request, parts }: Call): Promise<HttpResponse> {
  const query = readQuery(request.query, JobsQuery);
  const run_id = await findRun(app.deps, parts["id"]!);
  const page = await app.deps.store.queryJobs({ ...query, run_id });
  return json(200, { jobs: page.items, cursor: page.cursor });
}

async function events({ app, request, parts }: Call): Promise<HttpResponse> {
  const { after, limit } = readQuery(request.query, EventsQuery);
  const runId = await findRun(app.deps, parts["id"]!);
  return json(200, { events: await app.deps.store.readEvents(runId, after, limit) });
}

async function logs({ app, request, parts }: Call): Promise<HttpResponse> {
  const wanted = readQuery(request.query, LogQuery);
  const runId = await findRun(app.deps, parts["id"]!);
  return text(await readLog(app.deps, runId, parts["job"]!, wanted));
}

export const RUN_PART_ROUTES: readonly Route[] = [
  {
    method: "GET",
    path: "/v1/runs/{id}/jobs",
    operation: "listJobs",
    summary: "Jobs of a run",
    query: JobsQuery,
    answers: { 200: { about: "A page of jobs.", schema: JobPage } },
    problems: [404],
    handle: jobs,
  },
  {
    method: "GET",
    path: "/v1/runs/{id}/events",
    operation: "listEvents",
    summary: "A run's history, in order",
    query: EventsQuery,
    answers: { 200: { about: "Events, the oldest first.", schema: EventList } },
    problems: [404],
    handle: events,
  },
  {
    method: "GET",
    path: "/v1/runs/{id}/jobs/{job}/logs",
    operation: "readLog",
    summary: "What an attempt of a job has printed",
    query: LogQuery,
    answers: { 200: { about: "The log.", schema: null } },
    problems: [404],
    handle: logs,
  },
];
