import type { BatchTask, Chance, JobRecord } from "../model.ts";
import { messageSchema } from "../validate/schema.ts";
import { compileFilter } from "./filter.ts";
import type { JobBook } from "./job-book.ts";
import { type JobName, notFound, numberedJobName } from "./names.ts";
import { type PageRequest, pageOf } from "./page.ts";

export interface ListTasksRequest extends PageRequest {
  readonly parent: string;
  readonly filter?: string | undefined;
}

export interface ListTasksAnswer {
  readonly tasks?: BatchTask[];
  readonly nextPageToken?: string;
}

/** The proto documents `State=RUNNING` only; `status.state` is what gcloud's own side of a filter needs. */
const ALIASES = { state: "status.state" };

/** A task, or 404 as long as it is not to be seen. */
export function getTask(
  deps: { readonly book: JobBook; readonly chance: Chance },
  name: JobName & { readonly group: string; readonly task: string },
): BatchTask {
  const record = deps.book.get(name);
  const index = /^(?:0|[1-9]\d{0,5})$/.test(name.task) ? Number(name.task) : -1;
  const task = visibleTasks(record, name.group, deps.chance)?.[index];
  if (!task) {
    throw notFound(`${numberedJobName(name)}/taskGroups/${name.group}/tasks/${name.task}`);
  }
  return task;
}

/** The tasks of a group, or 404 as long as they are not to be seen; none for a job that failed before it had any. */
export function listTasks(
  deps: { readonly book: JobBook; readonly chance: Chance },
  name: JobName & { readonly group: string },
  request: ListTasksRequest,
): ListTasksAnswer {
  const tasks = visibleTasks(deps.book.get(name), name.group, deps.chance);
  if (!tasks) throw notFound(`${numberedJobName(name)}/taskGroups/${name.group}`);
  const { filter = "" } = request;
  const matches = compileFilter(messageSchema("google.cloud.batch.v1.Task"), filter, ALIASES);
  const entriesAfter = (after: readonly string[] | null): number[] => {
    const indexes: number[] = [];
    const first = after ? Number(after[0]) + 1 : 0;
    for (let index = first; index < tasks.length; index++) if (matches(tasks[index]!)) indexes.push(index);
    return indexes;
  };
  const page = pageOf(request, ["tasks", request.parent, filter], entriesAfter, (index) => [String(index)]);
  return {
    ...(page.items.length > 0 ? { tasks: page.items.map((index) => tasks[index]!) } : {}),
    ...(page.nextPageToken ? { nextPageToken: page.nextPageToken } : {}),
  };
}

function visibleTasks(record: JobRecord, group: string, chance: Chance): readonly BatchTask[] | null {
  return group === "group0" && chance.now() >= record.tasksVisibleAt ? record.tasks : null;
}
