import type { LogLine, LogSource } from "../runner/task-log.ts";
import { readFilter, sortableTime } from "./log-filter.ts";

/** A LogEntry of Cloud Logging's REST form, as far as Batch fills it (facts/batch.md 1.9). */
export interface LogEntry {
  readonly insertId: string;
  readonly logName: string;
  readonly resource: { readonly type: string; readonly labels: Readonly<Record<string, string>> };
  readonly labels: Readonly<Record<string, string>>;
  readonly timestamp: string;
  readonly receiveTimestamp: string;
  readonly severity: string;
  readonly textPayload: string;
}

export function logEntries(source: LogSource, lines: readonly LogLine[]): LogEntry[] {
  const { uid } = source;
  return lines.map((line, index) => ({
    insertId: `${uid}-${String(index).padStart(9, "0")}`,
    logName: `projects/${source.project}/logs/${line.log}`,
    resource: {
      type: "batch.googleapis.com/Job",
      labels: {
        job_id: uid,
        location: source.location,
        resource_container: `projects/${source.projectNumber}`,
      },
    },
    labels: {
      job_uid: uid,
      task_id: `${uid}-group0-${line.task}`,
      task_group_name: `projects/${source.projectNumber}/locations/${source.location}/jobs/${source.id}/taskGroups/group0`,
      hostname: `${uid}-group0-0`,
    },
    timestamp: line.timestamp,
    receiveTimestamp: line.timestamp,
    severity: line.severity,
    textPayload: line.text,
  }));
}

/** What `entries:list` is asked with. */
export interface EntriesRequest {
  readonly filter?: string;
  readonly orderBy?: string;
  readonly pageSize?: number;
  readonly pageToken?: string;
  readonly resourceNames?: readonly string[];
}

/** One page of entries, oldest first unless `orderBy` says otherwise; the token is the offset of the next one. */
export function listEntries(
  entries: readonly LogEntry[],
  request: EntriesRequest,
): { entries?: LogEntry[]; nextPageToken?: string } {
  const found = entries.filter(readFilter(request.filter ?? ""));
  found.sort((a, b) => compare(sortableTime(a.timestamp), sortableTime(b.timestamp)));
  if (/^timestamp desc$/.test(request.orderBy ?? "")) found.reverse();
  const begin = Number(request.pageToken ?? 0);
  const size = request.pageSize && request.pageSize > 0 ? Math.min(request.pageSize, 1000) : 50;
  const page = found.slice(begin, begin + size);
  return {
    ...(page.length > 0 ? { entries: page } : {}),
    ...(begin + size < found.length ? { nextPageToken: String(begin + size) } : {}),
  };
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
