import { type Paint, statusStyle } from "./paint.ts";
import { COUNTED, type StepCounts, totalOf } from "./step-counts.ts";
import { type Cell, renderTable } from "./table.ts";

/** Long, and short for narrow terminals. */
const TITLES = {
  waiting: ["waiting", "wait"],
  running: ["running", "run"],
  succeeded: ["done", "done"],
  skipped: ["skipped", "skip"],
  failed: ["failed", "fail"],
  cancelled: ["cancelled", "canc"],
} as const;
const NARROW = 60;

/** Steps x states; a state in which no job is stays out when it is not one of the usual ones. */
export function renderStepTable(
  counts: readonly StepCounts[],
  it: { readonly width: number | null; readonly paint: Paint },
): string[] {
  const states = COUNTED.filter((state) => state !== "cancelled" || totalOf(counts, state) > 0);
  const short = it.width !== null && it.width < NARROW ? 1 : 0;
  return renderTable(
    [
      { title: "step", shrink: true },
      ...states.map((state) => ({ title: TITLES[state][short], align: "right" as const })),
    ],
    counts.map((count): Cell[] => [
      count.step,
      ...states.map((state) => ({
        text: String(count[state]),
        style: count[state] === 0 ? ("dim" as const) : statusStyle(state),
      })),
    ]),
    it,
  );
}
