import type { Observation } from "../../core/observation.ts";
import { judgeTasks, sayFailedTasks } from "./decisive-task.ts";
import type { Task } from "./document-shapes.ts";
import { nothingSeen, type Seen } from "./seen.ts";
import { taskState } from "./state-words.ts";

/** A page of a job's tasks. `complete` is false when more pages follow. */
export function readTasks(tasks: readonly Task[], complete: boolean): Seen {
  const states = tasks.map((task) => taskState(task.status?.state));
  const status = together(states, complete);
  const failed = tasks.filter((_, at) => states[at] === "FAILED");
  const base = nothingSeen(nameOf(failed[0] ?? tasks[0]));
  if (status !== "failed") {
    const observation = { ...base.observation, status, raw_state: rawOf(states) };
    return { ...base, state: status, observation, note: noteOf(tasks, states, status) };
  }
  return { ...base, ...failedSeen(base, tasks, states) };
}

/** One word for all of them: what is alive keeps the job open, then a failure decides. */
function together(states: readonly (string | null)[], complete: boolean): Observation["status"] {
  const has = (...words: string[]): boolean =>
    states.some((state) => state !== null && words.includes(state));
  if (has("RUNNING")) return "running";
  if (has("PENDING", "ASSIGNED")) return has("SUCCEEDED", "FAILED") ? "running" : "submitted";
  if (has("FAILED")) return "failed";
  if (states.some((state) => state === null || !KNOWN.has(state))) return null;
  if (has("UNEXECUTED")) return "failed";
  return states.length > 0 && complete ? "succeeded" : null;
}

const KNOWN = new Set(["SUCCEEDED", "UNEXECUTED"]);

function failedSeen(base: Seen, tasks: readonly Task[], states: readonly (string | null)[]): Partial<Seen> {
  const never = !states.includes("FAILED");
  const seen = judgeTasks(tasks, {
    own: [],
    countedRunning: never ? false : undefined,
    scriptsOnly: false,
    resources: {},
  });
  const evidence = never
    ? [{ source: "executor", text: "its tasks were never executed" } as const]
    : seen.evidence;
  return {
    state: "failed",
    failure: true,
    ranSeconds: seen.ranSeconds,
    vanishedBefore: seen.vanishedBefore,
    note: seen.note,
    observation: {
      ...base.observation,
      status: "failed",
      raw_state: rawOf(states),
      exit_code: seen.exitCode,
      verdict: seen.verdict,
      evidence,
      ...(seen.ran === undefined ? {} : { ran: seen.ran }),
      ...(seen.startedAt ? { started_at: seen.startedAt } : {}),
      ...(seen.endedAt ? { ended_at: seen.endedAt } : {}),
    },
  };
}

const rawOf = (states: readonly (string | null)[]): string | null =>
  [...new Set(states.filter((state) => state !== null))].slice(0, 10).join(", ") || null;

function noteOf(
  tasks: readonly Task[],
  states: readonly (string | null)[],
  status: Observation["status"],
): string | null {
  if (tasks.length === 0)
    return "There are no tasks (yet): they may be absent for minutes after a job is made.";
  if (states.includes("FAILED")) return `${sayFailedTasks(tasks)} The others have not ended.`;
  return status === null && states.every((state) => state === "SUCCEEDED")
    ? "All tasks shown succeeded, and there are more."
    : null;
}

/** The job's name is the task's, up to its task group. */
const nameOf = (task: Task | undefined): string | null =>
  task?.name ? (task.name.split("/taskGroups/")[0] ?? null) : null;
