import { z } from "zod";
import { approve, cancel, findRun, resume, retry } from "../app/change.ts";
import { type Deps, InvalidRequest } from "../app/deps.ts";
import type { Run } from "../core/run.ts";
import { FAILURE_CLASSES } from "../core/status.ts";
import { RunReceipt, RunState } from "./documents.ts";
import { type HttpResponse, json } from "./message.ts";
import { NoQuery } from "./query.ts";
import { readBody } from "./read-body.ts";
import type { Call, Route } from "./route.ts";
import { definedOnly, resumeInput, unknownSteps } from "./run-input.ts";
import { ResourceChanges, ResumeBody } from "./run-request.ts";
import { started } from "./run-routes.ts";

const NoBody = z.strictObject({});

const names = z.array(z.string().min(1).max(200)).min(1).max(10_000);

/** Which jobs get another chance; without any condition all that did not succeed. */
const RetryBody = z.strictObject({
  samples: names.optional(),
  jobs: names.optional(),
  classes: z.array(z.enum(FAILURE_CLASSES)).min(1).optional().meta({ description: "of any attempt" }),
  failed: z.boolean().optional().meta({ description: "only those that ended by their own attempts" }),
  set: ResourceChanges.optional(),
});

const stateOf = ({ run_id, name, status, outcome, stopping }: Run): HttpResponse =>
  json(200, { run_id, name, status, outcome, stopping });

/** For an action that takes nothing but the run. */
const plainAction =
  (act: (deps: Deps, runId: string, by: string | null) => Promise<Run>) =>
  async ({ app, request, parts }: Call): Promise<HttpResponse> => {
    readBody(request, NoBody);
    return stateOf(await act(app.deps, await findRun(app.deps, parts["id"]!), request.caller));
  };

async function retryRun({ app, request, parts }: Call): Promise<HttpResponse> {
  const { set = {}, ...selection } = readBody(request, RetryBody);
  const runId = await findRun(app.deps, parts["id"]!);
  const run = await app.deps.store.readRun(runId);
  const problems = unknownSteps(set, run?.steps ?? []);
  if (problems.length > 0) throw new InvalidRequest(problems);
  const changes = Object.fromEntries(
    Object.entries(set).map(([step, change]) => [step, definedOnly(change)] as const),
  );
  return stateOf(await retry(app.deps, runId, { ...selection, set: changes }, request.caller));
}

async function resumeRun({ app, request, parts }: Call): Promise<HttpResponse> {
  const body = readBody(request, ResumeBody);
  const runId = await findRun(app.deps, parts["id"]!);
  const change = await resumeInput(app, body);
  return started(await resume(app.deps, runId, { ...change, requestedBy: request.caller }));
}

const action = (name: string, summary: string, rest: Pick<Route, "handle"> & Partial<Route>): Route => ({
  method: "POST",
  path: `/v1/runs/{id}/${name}`,
  operation: `${name}Run`,
  summary,
  query: NoQuery,
  body: NoBody,
  answers: { 200: { about: "The run as it is now.", schema: RunState } },
  problems: [404, 409, 413, 415],
  ...rest,
});

export const RUN_ACTION_ROUTES: readonly Route[] = [
  action("approve", "Let a run that was only planned begin", { handle: plainAction(approve) }),
  action("cancel", "Ask for the end of a run; it is cancelled once every attempt has ended", {
    handle: plainAction(cancel),
  }),
  action("retry", "Open an ended run again for jobs that did not succeed", {
    body: RetryBody,
    handle: retryRun,
  }),
  action("resume", "Start a new run that takes over every result that would be the same", {
    body: ResumeBody,
    answers: { 201: { about: "The new run is started; Location names it.", schema: RunReceipt } },
    problems: [404, 409, 413, 415, 429],
    handle: resumeRun,
  }),
];
