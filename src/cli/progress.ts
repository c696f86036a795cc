import type { Event } from "../core/event.ts";
import type { Job } from "../core/job.ts";
import type { Run } from "../core/run.ts";
import type { Context } from "./context.ts";
import { eventLine, eventWords } from "./render/event-line.ts";
import { type ProgressState, renderProgress } from "./render/progress-block.ts";
import { stepCounts } from "./render/step-counts.ts";
import { oneLine } from "./render/width.ts";
import { openScreen } from "./screen.ts";

export interface Pass {
  readonly run: Run;
  readonly jobs: Iterable<Job>;
  /** What has happened since the last pass. */
  readonly events: readonly Event[];
}

/** How a person sees a run that goes on. */
export interface Progress {
  pass(pass: Pass): void;
  /** Something else to say, in between: a notice, a warning. */
  print(text: string): void;
  close(): void;
}

const REDRAW_MILLISECONDS = 250;
const KEPT_DECISIONS = 20;

/** A block that is redrawn: for a terminal. */
export function liveProgress(context: Context): Progress {
  const { terminal, paint } = context;
  const screen = openScreen(terminal);
  let state: Omit<ProgressState, "now"> | null = null;
  const draw = (): void => {
    if (!state) return;
    const { columns, rows } = terminal.size();
    screen.draw(renderProgress({ ...state, now: new Date().toISOString() }, { columns, rows, paint }));
  };
  const timer = setInterval(draw, REDRAW_MILLISECONDS);
  const stopListening = terminal.onResize(draw);
  return {
    pass({ run, jobs, events }) {
      const decided = events.filter(({ type }) => type === "job.decided");
      state = {
        run,
        counts: stepCounts(run, jobs),
        decisions: [...(state?.decisions ?? []), ...decided].slice(-KEPT_DECISIONS),
      };
      draw();
    },
    print: (text) => screen.print(text),
    close() {
      clearInterval(timer);
      stopListening();
      draw();
      screen.close();
    },
  };
}

/** A line for each change: for a pipe, a file, a CI log. */
export function plainProgress({ terminal, paint }: Context): Progress {
  return {
    pass({ events }) {
      const news = events.filter((event) => eventWords(event).news);
      const lines = [...Map.groupBy(news, sameWords).values()].flatMap((alike) => fewLines(alike, paint));
      if (lines.length > 0) terminal.out(`${lines.join("\n")}\n`);
    },
    print: (text) => terminal.out(text),
    close() {},
  };
}

/** Decisions that no rule made say the same of many jobs at once: the run was cancelled, or aborted. */
function sameWords(event: Event): unknown {
  const decision = event.data["decision"] as Job["decision"] | undefined;
  return decision && decision.rule === null ? decision.reasoning : event;
}

const ALIKE_LINES = 3;

function fewLines(events: readonly Event[], paint: Context["paint"]): string[] {
  const lines = events.slice(0, ALIKE_LINES).map((event) => eventLine(event, paint));
  const more = events.length - ALIKE_LINES;
  return more > 0 ? [...lines, `         ... and ${more} more jobs likewise`] : lines;
}

/** Nothing but what must be said, and that not where the result goes. */
export function quietProgress({ terminal, json }: Context): Progress {
  return {
    pass() {},
    print: (text) => (json ? terminal.err(text) : terminal.out(text)),
    close() {},
  };
}

/** A warning in the midst of it. */
export const warningLine = (text: string): string => `bioagent: warning: ${oneLine(text)}\n`;
