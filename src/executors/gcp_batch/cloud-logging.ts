import { AdapterError } from "../../ports.ts";

/** The live log of jobs, within the quota of its reads. */
export interface CloudLogging {
  /** The log of a job since an instant, the last `lines` of it at least; null when there is none, or no read is left. */
  read(uid: string, since: string, lines: number | null): Promise<string | null>;
}

export interface CloudLoggingOptions {
  readonly project: string;
  /** For tests; no login is used with it. */
  readonly endpoint?: string | undefined;
}

const SERVICE = "https://logging.googleapis.com";
/** A minute and project, and nobody raises it easily: https://cloud.google.com/logging/quotas */
const READS = 60;
const MINUTE = 60_000;
const PAGE = 1000;
const PATIENCE = 20_000;

/** Reads entries over REST; the client library would be loaded for one call. */
export function openCloudLogging({ project, endpoint }: CloudLoggingOptions): CloudLogging {
  const reads: number[] = [];
  const isAllowed = (): boolean => {
    const now = performance.now();
    while (reads.length > 0 && now - reads[0]! >= MINUTE) reads.shift();
    if (reads.length >= READS) return false;
    reads.push(now);
    return true;
  };
  return {
    async read(uid, since, lines) {
      if (!isAllowed()) return null;
      const body = {
        resourceNames: [`projects/${project}`],
        filter: `logName="projects/${project}/logs/batch_task_logs" AND labels.job_uid="${uid}" AND timestamp>="${since}"`,
        orderBy: "timestamp desc",
        pageSize: Math.min(PAGE, lines ?? PAGE),
      };
      const answer = await post(`${endpoint ?? SERVICE}/v2/entries:list`, body, endpoint === undefined);
      return asText(answer);
    },
  };
}

async function post(url: string, body: unknown, withLogin: boolean): Promise<unknown> {
  const response = await fetch(url, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...(withLogin ? { authorization: await authorization() } : {}),
    },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(PATIENCE),
  }).catch((cause: unknown) => {
    throw failed(cause instanceof Error ? cause.message : String(cause), cause);
  });
  // Others read in this project too: their quota is ours, and the uploaded log comes anyway.
  if (response.status === 429) return {};
  if (!response.ok) throw failed(`HTTP ${response.status}: ${(await response.text()).slice(0, 300)}`, null);
  return response.json();
}

const failed = (said: string, cause: unknown): AdapterError =>
  new AdapterError(
    `Reading the live log from Cloud Logging: ${said}. The log is kept with the outputs when the job has ended; reading it live needs roles/logging.viewer.`,
    { code: "cloud_logging", retryable: true, cause },
  );

let login: Promise<{ getAccessToken(): Promise<string | null | undefined> }> | null = null;

async function authorization(): Promise<string> {
  login ??= import("./google-auth.ts").then(
    ({ GoogleAuth }) => new GoogleAuth({ scopes: "https://www.googleapis.com/auth/logging.read" }),
  );
  return `Bearer ${await (await login).getAccessToken()}`;
}

/** Oldest first, a line for each entry; null when there is none. */
function asText(answer: unknown): string | null {
  const entries = (answer as { entries?: unknown }).entries;
  if (!Array.isArray(entries) || entries.length === 0) return null;
  return entries
    .toReversed()
    .map((entry: { textPayload?: unknown; jsonPayload?: { message?: unknown } }) =>
      String(entry.textPayload ?? entry.jsonPayload?.message ?? "").replace(/\n?$/, "\n"),
    )
    .join("");
}
