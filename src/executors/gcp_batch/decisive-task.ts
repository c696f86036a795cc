import { classify } from "../../core/classify.ts";
import type { Resources } from "../../core/resources.ts";
import type { FailureClass } from "../../core/status.ts";
import type { StatusEvent, Task } from "./document-shapes.ts";
import { exitCodeOf, failingEvent, withoutStale } from "./event-facts.ts";
import { type FailureSeen, judgeFailure } from "./judge-failure.ts";
import { inTimeOrder } from "./order-events.ts";
import { taskState } from "./state-words.ts";

/** What the job of these tasks says itself, as far as it is known. */
interface OfJob {
  /** In time order. */
  readonly own: readonly StatusEvent[];
  readonly countedRunning: boolean | undefined;
  readonly scriptsOnly: boolean;
  readonly resources: Partial<Resources>;
}

interface Judged extends FailureSeen {
  /** How many tasks failed, and with which codes; null where there is one task at most. */
  readonly note: string | null;
}

/** What the failure of a job looked like: of several tasks that failed, the one whose failure says most of what is to do. */
export function judgeTasks(tasks: readonly Task[], { resources, ...job }: OfJob): Judged {
  const failed = failedOf(tasks);
  const note = tasks.length > 1 ? sayFailedTasks(tasks) : null;
  const byCode = Map.groupBy(inOrderOfEnds(failed), ({ code }) => code);
  if (byCode.size === 0) return { ...judgeFailure({ ...job, ofTasks: failed.map(eventsOf) }), note };
  const beside = failed.flatMap(eventsOf);
  const judged = [...byCode.values()].flatMap((ends) =>
    ends.slice(-MOST_OF_A_CODE).map((end) => {
      const seen = judgeFailure({ ...job, ofTasks: [eventsOf(end.task)], beside });
      return { ...end, seen, rank: rankOf(seen, resources) };
    }),
  );
  const { task, seen } = judged.reduce((best, next) =>
    next.rank < best.rank || (next.rank === best.rank && next.at > best.at) ? next : best,
  );
  const index = byCode.size > 1 ? /\/tasks\/(\d+)$/.exec(task.name ?? "")?.[1] : undefined;
  return { ...seen, note: note && index !== undefined ? `${note} Task ${index} is judged.` : note };
}

/** Ten thousand tasks that ended with one code tell no more than the last few of them. */
const MOST_OF_A_CODE = 3;

interface End {
  readonly task: Task;
  readonly code: number;
  /** Its place among all ends, in time. */
  readonly at: number;
}

/** The ends that have a code, in time order. */
function inOrderOfEnds(failed: readonly Task[]): End[] {
  const taskOf = new Map<StatusEvent, Task>();
  for (const task of failed) {
    const event = endOf(task);
    if (event && exitCodeOf(event) !== null) taskOf.set(event, task);
  }
  return inTimeOrder([...taskOf.keys()]).map((event, at) => ({
    task: taskOf.get(event)!,
    code: exitCodeOf(event)!,
    at,
  }));
}

/** First what no retry mends, then what more of a resource mends, then the script's own; last what befell the machine. */
const MOST_TELLING: readonly FailureClass[] = [
  "permission",
  "config",
  "image",
  "not_executable",
  "disk_full",
  "oom",
  "timeout",
  "app",
  "io",
  "infra",
  "preempted",
  "cancelled_elsewhere",
];

function rankOf(seen: FailureSeen, resources: Partial<Resources>): number {
  const { exitCode, verdict, evidence, ran, ranSeconds, vanishedBefore } = seen;
  const { class: failure } = classify({
    observation: {
      attempt: "",
      status: "failed",
      exit_code: exitCode,
      verdict,
      evidence,
      ...(ran === undefined ? {} : { ran }),
    },
    step: { failures: {} },
    resources: { cpu: 1, memory: "1GiB", ...resources },
    ranSeconds,
    vanishedBefore,
  });
  const rank = MOST_TELLING.indexOf(failure);
  return rank < 0 ? MOST_TELLING.length : rank;
}

const MOST_CODES = 5;

/** `3 of 5 tasks failed: 2 with exit code 137, 1 with exit code 50001.` */
export function sayFailedTasks(tasks: readonly Task[]): string {
  const failed = failedOf(tasks);
  const count = `${failed.length} of ${tasks.length} tasks failed`;
  if (failed.length < 2) return `${count}.`;
  const byCode = [...Map.groupBy(failed, codeOf)].sort(([, a], [, b]) => b.length - a.length);
  const said = byCode
    .slice(0, MOST_CODES)
    .map(
      ([code, { length }]) =>
        `${length} ${code === null ? "without an exit code" : `with exit code ${code}`}`,
    );
  const rest = byCode.slice(MOST_CODES).reduce((sum, [, { length }]) => sum + length, 0);
  return `${count}: ${[...said, ...(rest > 0 ? [`${rest} with others`] : [])].join(", ")}.`;
}

const failedOf = (tasks: readonly Task[]): Task[] =>
  tasks.filter((task) => taskState(task.status?.state) === "FAILED");
const eventsOf = (task: Task): readonly StatusEvent[] => task.status?.statusEvents ?? [];

const endOf = (task: Task): StatusEvent | null => failingEvent(withoutStale(inTimeOrder(eventsOf(task))));

function codeOf(task: Task): number | null {
  const end = endOf(task);
  return end && exitCodeOf(end);
}
