import type { IncomingMessage, ServerResponse } from "node:http";
import { type EntriesRequest, listEntries, logEntries } from "./control/log-entries.ts";
import { readJson } from "./control/read-body.ts";
import type { EmulatorEngine } from "./engine.ts";
import type { EmulatorFaults } from "./faults.ts";
import { ApiError, type JobRecord, type Records } from "./model.ts";
import type { Notifier } from "./notify.ts";
import type { TaskLogs } from "./runner/task-log.ts";
import { checkRules, ScenarioError } from "./scenario.ts";

export interface ControlParts {
  readonly records: Records;
  readonly engine: EmulatorEngine;
  readonly faults: EmulatorFaults;
  readonly notifier: Notifier;
  readonly logs: TaskLogs;
}

interface Asked {
  readonly url: URL;
  readonly body: () => Promise<unknown>;
  /** Groups of the route's path. */
  readonly parts: readonly string[];
}

type Answer = { readonly json: unknown } | { readonly text: string };
type Route = readonly [
  method: string,
  path: RegExp,
  answer: (parts: ControlParts, asked: Asked) => Promise<Answer>,
];

/** What ends a job's running tasks on demand, with its code. */
const STRIKES: Readonly<Record<string, number>> = {
  preempt: 50001,
  "vm-lost": 50002,
  reboot: 50003,
  unresponsive: 50004,
  recreate: 50006,
};

const ROUTES: readonly Route[] = [
  ["GET", /^\/control\/state$/, async (parts) => ({ json: stateOf(parts) })],
  ["GET", /^\/control\/faults$/, async ({ faults }) => ({ json: { rules: faults.rules } })],
  ["POST", /^\/control\/faults$/, addFaults],
  ["DELETE", /^\/control\/faults$/, clearFaults],
  ["POST", /^\/control\/jobs\/([^/:]+):([a-z-]+)$/, actOnJob],
  ["GET", /^\/control\/logs$/, readLog],
  ["POST", /^\/v2\/entries:list$/, listLog],
];

/**
 * What is no part of Batch: `/control/*` for tests and people, and Cloud Logging's `entries:list`, where Batch's logs are
 * read. True when it has answered.
 */
export function createControl(
  parts: ControlParts,
): (request: IncomingMessage, response: ServerResponse) => Promise<boolean> {
  return async (request, response) => {
    const url = new URL(request.url ?? "/", "http://emulator");
    for (const [method, path, answer] of ROUTES) {
      const found = request.method === method ? path.exec(decodeURIComponent(url.pathname)) : null;
      if (found === null) continue;
      const asked: Asked = { url, body: () => readJson(request), parts: found.slice(1) };
      send(response, await answer(parts, asked));
      return true;
    }
    return false;
  };
}

function send(response: ServerResponse, answer: Answer): void {
  const isJson = "json" in answer;
  response.writeHead(200, {
    "content-type": isJson ? "application/json; charset=UTF-8" : "text/plain; charset=UTF-8",
  });
  response.end(isJson ? JSON.stringify(answer.json) : answer.text);
}

function stateOf({ records, engine, faults, notifier }: ControlParts) {
  const jobs: Record<string, number> = {};
  for (const { job } of records.jobs.values()) jobs[job.status.state] = (jobs[job.status.state] ?? 0) + 1;
  return {
    jobs,
    open: engine.open(),
    operations: records.operations.size,
    calls: Object.fromEntries(faults.calls),
    rules: faults.rules.map(({ rule, matches, hits }) => ({ name: rule.name ?? null, matches, hits })),
    messages: { ...notifier.counts, pending: notifier.pending().length },
  };
}

async function addFaults({ faults }: ControlParts, { body }: Asked): Promise<Answer> {
  const value = await body();
  try {
    faults.add(checkRules(value));
  } catch (error) {
    if (error instanceof ScenarioError) throw new ApiError(3, error.message);
    throw error;
  }
  return { json: { rules: faults.rules } };
}

async function clearFaults({ faults }: ControlParts): Promise<Answer> {
  faults.clear();
  return { json: { rules: [] } };
}

async function actOnJob({ records, engine }: ControlParts, { url, parts }: Asked): Promise<Answer> {
  const [id = "", verb = ""] = parts;
  const record = findJob(records, id, url);
  const task = url.searchParams.get("task");
  const exitCode = STRIKES[verb];
  if (exitCode !== undefined) {
    return { json: { ended: engine.strike(record, exitCode, task === null ? null : Number(task)) } };
  }
  if (verb === "provider-cancel") return { json: { cancelled: engine.cancelByProvider(record) } };
  const known = [...Object.keys(STRIKES), "provider-cancel"].join(", ");
  throw new ApiError(3, `"${verb}" cannot be done to a job; there are: ${known}`);
}

async function readLog({ records, logs }: ControlParts, { url }: Asked): Promise<Answer> {
  const record = findJob(records, url.searchParams.get("job") ?? "", url);
  const lines = logs.read(record.job.uid);
  const text = lines.map(
    (line) => `${line.timestamp} ${line.severity} ${line.task}/${line.retry} ${line.text}\n`,
  );
  return { text: text.join("") };
}

/** A job by id or uid; `project` and `location` choose among several. The latest wins. */
function findJob(records: Records, id: string, url: URL): JobRecord {
  const project = url.searchParams.get("project");
  const location = url.searchParams.get("location");
  const found = [...records.jobs.values()].findLast(
    (record) =>
      (record.id === id || record.job.uid === id) &&
      (project === null || record.project === project) &&
      (location === null || record.location === location),
  );
  if (found === undefined) throw new ApiError(5, `there is no job "${id}" in the emulator`);
  return found;
}

async function listLog({ logs }: ControlParts, { body }: Asked): Promise<Answer> {
  const request = (await body()) as EntriesRequest;
  const projects = new Set((request.resourceNames ?? []).map((name) => name.split("/")[1] ?? ""));
  // A filter that names jobs spares reading all others' files.
  const named = [...(request.filter ?? "").matchAll(/job_(?:uid|id)"?\s*=\s*"?([\w-]+)/g)].map(
    ([, uid = ""]) => uid,
  );
  // By the logs' own record, not by the jobs: what was logged stays when the job is deleted.
  const wanted = logs
    .sources(named.length > 0 ? [...new Set(named)] : null)
    .filter((one) => one.inCloudLogging && (projects.has(one.project) || projects.has(one.projectNumber)));
  const entries = wanted.flatMap((one) => logEntries(one, logs.read(one.uid)));
  try {
    return { json: listEntries(entries, request) };
  } catch (error) {
    throw new ApiError(3, `Unparseable filter: ${(error as Error).message}`);
  }
}
