import { type Answer, type Http, isOk, pause } from "./http.ts";
import { listAt } from "./json.ts";
import { createSlots } from "./slots.ts";

/** Entries of Cloud Logging. A project has 60 reads a minute: they are asked one after the other, with a pause. */
export interface LogsRest {
  /** `log`: `batch_task_logs` or `batch_agent_logs`. */
  read(log: string, jobUid: string): Promise<Answer>;
  /** Reads until `enough` says so, or the time is over; the last answer. */
  readUntil(
    log: string,
    jobUid: string,
    enough: (entries: readonly unknown[]) => boolean,
    seconds: number,
  ): Promise<Answer>;
}

interface LogsParts {
  readonly base: string;
  readonly project: string;
  readonly signal: AbortSignal;
  /** Between two reads. */
  readonly pauseMilliseconds: number;
}

export function createLogsRest(
  http: Http,
  { base, project, signal, pauseMilliseconds }: LogsParts,
): LogsRest {
  const oneByOne = createSlots(1);
  const read = (log: string, jobUid: string): Promise<Answer> =>
    oneByOne(async () => {
      const body = {
        resourceNames: [`projects/${project}`],
        filter: `logName="projects/${project}/logs/${log}" AND labels.job_uid="${jobUid}"`,
        orderBy: "timestamp desc",
        pageSize: 500,
      };
      const answer = await http({ base, method: "POST", path: "/v2/entries:list", body });
      await pause(pauseMilliseconds, signal);
      return answer;
    });
  return {
    read,
    async readUntil(log, jobUid, enough, seconds) {
      const until = Date.now() + seconds * 1000;
      for (;;) {
        const answer = await read(log, jobUid);
        const found = isOk(answer) && enough(listAt(answer.body, "entries"));
        if (found || Date.now() > until) return answer;
        await pause(pauseMilliseconds, signal);
      }
    },
  };
}
