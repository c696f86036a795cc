import type { Assertion } from "../assertion.ts";
import { CANCELLING } from "./cancelling.ts";
import { CREATING } from "./creating.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { JOB_DOCUMENTS } from "./job-documents.ts";
import { LIST_FILTERS } from "./list-filters.ts";
import { LIST_PAGES } from "./list-pages.ts";
import { LISTS } from "./lists.ts";
import { MACHINES } from "./machines.ts";
import { MESSAGES } from "./messages.ts";
import { MOUNTS } from "./mounts.ts";
import { PLACES } from "./places.ts";
import { REFUSALS } from "./refusals.ts";
import { RUNNABLES } from "./runnables.ts";
import { TASK_DOCUMENTS } from "./task-documents.ts";
import { UNPLACED } from "./unplaced.ts";

/** Everything that is asked at first contact. */
export const ASSERTIONS: readonly Assertion[] = [
  ...LIST_FILTERS,
  ...LIST_PAGES,
  ...LISTS,
  ...REFUSALS,
  ...CREATING,
  ...JOB_DOCUMENTS,
  ...TASK_DOCUMENTS,
  ...EXIT_CODES,
  ...RUNNABLES,
  ...CANCELLING,
  ...UNPLACED,
  ...MESSAGES,
  ...MOUNTS,
  ...MACHINES,
  ...PLACES,
];
