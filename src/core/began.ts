import type { Run } from "./run.ts";

/** When the work of the run's round began: a second round's does not count what lies between the two. Null where it has not, or where nobody noted it. */
export const beganAt = ({
  round,
  started_at,
  reopened_at,
}: Pick<Run, "round" | "started_at" | "reopened_at">): string | null =>
  round > 1 ? (reopened_at ?? null) : started_at;
