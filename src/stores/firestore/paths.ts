import { documentId } from "./document-id.ts";

/** Where each document lies. */
export const PATHS = {
  run: (runId: string) => `runs/${documentId(runId)}`,
  jobs: (runId: string) => `runs/${documentId(runId)}/jobs`,
  job: (runId: string, key: string) => `runs/${documentId(runId)}/jobs/${documentId(key)}`,
  events: (runId: string) => `runs/${documentId(runId)}/events`,
  event: (runId: string, seq: number) => `runs/${documentId(runId)}/events/${String(seq).padStart(10, "0")}`,
  sheet: (runId: string, page: number) => `runs/${documentId(runId)}/sheet/${page}`,
  thread: (runId: string, channel: string) => `runs/${documentId(runId)}/threads/${documentId(channel)}`,
  notice: (id: string) => `notices/${documentId(id)}`,
  channel: (name: string) => `channels/${documentId(name)}`,
  counter: (day: string) => `counters/${documentId(day)}`,
  name: (name: string) => `names/${documentId(name)}`,
  request: (key: string) => `requests/${documentId(key)}`,
  /** A start that is too large for one commit, while it is under way. */
  start: (runId: string) => `starts/${documentId(runId)}`,
  meta: "meta/store",
} as const;
