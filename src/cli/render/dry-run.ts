import { count } from "../../core/count.ts";
import type { Resources } from "../../core/resources.ts";
import type { Run } from "../../core/run.ts";
import type { Paint } from "./paint.ts";
import { renderTable } from "./table.ts";
import { oneLine } from "./width.ts";

export interface DryJob {
  readonly key: string;
  readonly step: string;
  readonly sample: string | null;
  readonly needs: readonly string[];
  readonly resources: Resources;
  readonly image: string | null;
  readonly inputs: Readonly<Record<string, string>>;
  readonly outputs: readonly string[];
}

export interface DryCommand {
  readonly job: string;
  readonly shell: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly script: string;
}

const MOST_JOBS = 60;

/** What `run --dry-run` shows. */
export function renderDryRun(
  plan: {
    readonly run: Run;
    readonly jobs: readonly DryJob[];
    readonly commands: readonly DryCommand[];
    readonly output: string;
  },
  look: { readonly width: number | null; readonly paint: Paint },
): string[] {
  const { run, jobs, commands } = plan;
  const shown = jobs.slice(0, MOST_JOBS);
  const more = jobs.length - shown.length;
  return [
    `${run.pipeline}: ${count(jobs.length, "job")}, ${count(run.samples.length, "sample")}, executor ${run.executor}, output ${plan.output}`,
    ...run.notes.map((note) => `note: ${oneLine(note)}`),
    "",
    ...jobTable(shown, look),
    ...(more > 0 ? [`... and ${more} more (--json has them all)`] : []),
    ...commands.flatMap((command) => ["", ...commandLines(command, look.paint)]),
    "",
    "Nothing was created.",
  ];
}

function jobTable(jobs: readonly DryJob[], look: { width: number | null; paint: Paint }): string[] {
  return renderTable(
    [
      { title: "JOB", shrink: true },
      { title: "NEEDS", shrink: true },
      { title: "CPU", align: "right" },
      { title: "MEMORY", align: "right" },
      { title: "TIME", align: "right" },
      { title: "OUTPUTS", shrink: true },
    ],
    jobs.map(({ key, needs, resources, outputs }) => [
      key,
      needs.join(" "),
      String(resources.cpu),
      resources.memory,
      resources.time ?? "-",
      outputs.join(" "),
    ]),
    look,
  );
}

function commandLines({ job, shell, environment, script }: DryCommand, paint: Paint): string[] {
  const variables = Object.entries(environment).map(([name, value]) => `  ${name}=${oneLine(value)}`);
  return [
    `${paint("bold", job)} would run with ${shell.join(" ")}:`,
    ...variables,
    ...script
      .trimEnd()
      .split("\n")
      .map((line) => paint("dim", `  | ${line.trimEnd()}`)),
  ];
}
