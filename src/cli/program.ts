import { Command } from "commander";
import { addApprove } from "./commands/approve.ts";
import { addBridge } from "./commands/bridge.ts";
import { addCancel } from "./commands/cancel.ts";
import { addDev } from "./commands/dev.ts";
import { addDoctor } from "./commands/doctor.ts";
import { addEmulateBatch } from "./commands/emulate-batch.ts";
import { addEvents } from "./commands/events.ts";
import { addExplain } from "./commands/explain.ts";
import { addExport } from "./commands/export.ts";
import { addJobs } from "./commands/jobs.ts";
import { addList } from "./commands/list.ts";
import { addLogs } from "./commands/logs.ts";
import { addNotices } from "./commands/notices.ts";
import { addNotify } from "./commands/notify.ts";
import { addPipelines } from "./commands/pipelines.ts";
import { addResume } from "./commands/resume.ts";
import { addRetry } from "./commands/retry.ts";
import { addRules } from "./commands/rules.ts";
import { addRun } from "./commands/run.ts";
import { addServe } from "./commands/serve.ts";
import { addShow } from "./commands/show.ts";
import { addTick } from "./commands/tick.ts";
import { addValidate } from "./commands/validate.ts";
import { addWait } from "./commands/wait.ts";
import { addWatch } from "./commands/watch.ts";
import { addWhy } from "./commands/why.ts";
import type { AddCommand, Bind } from "./context.ts";
import type { Terminal } from "./terminal.ts";

/** In the order of the help: what begins a run, what looks at it, what changes it, the rest. */
const COMMANDS: readonly AddCommand[] = [
  addRun,
  addValidate,
  addApprove,
  addList,
  addShow,
  addJobs,
  addEvents,
  addLogs,
  addWhy,
  addWatch,
  addWait,
  addCancel,
  addRetry,
  addResume,
  addRules,
  addPipelines,
  addExplain,
  addTick,
  addServe,
  addDev,
  addEmulateBatch,
  addNotify,
  addNotices,
  addBridge,
  addExport,
  addDoctor,
];

const MOST_HELP_COLUMNS = 100;

const EXIT_CODES = `
Exit codes: 0 done, 1 the run or the operation failed, 2 wrong usage, 3 ended with skipped or failed samples.
With --json there is one JSON document on stdout; of an error it is {"error": {"message", "problems"}}.
RUN is a run's id, its name, or the beginning of either.
With BIOAGENT_URL, commands are about the runs and channels of the API deployed there.

Example:
  $ bioagent run rnaseq.yaml --samplesheet samples.csv --input reads --output results`;

/** The whole command line. It neither ends the process nor prints an error: it throws. */
export function createProgram(parts: {
  readonly version: string;
  readonly terminal: Terminal;
  readonly bind: Bind;
}): Command {
  const { terminal } = parts;
  const program = new Command("bioagent")
    .description("Starts pipelines, watches their jobs, decides by rules, records why, and tells people.")
    .version(parts.version, "-V, --version", "print the version")
    .helpOption("-h, --help", "print help")
    .helpCommand("help [command]", "print help of a command")
    .option("--config <file>", "configuration; otherwise BIOAGENT_CONFIG, or ./bioagent.yaml")
    .option("--json", "print one JSON document")
    .option("--debug", "print the stack of an error")
    .option("--no-color", "no colours (also NO_COLOR)")
    .addHelpText("after", EXIT_CODES);
  for (const add of COMMANDS) add(program, parts.bind);
  for (const command of [
    program,
    ...program.commands,
    ...program.commands.flatMap((each) => each.commands),
  ]) {
    command
      .exitOverride()
      .configureHelp({
        showGlobalOptions: command !== program,
        commandDescription: (described) => sentence(described.description()),
      })
      .configureOutput({
        writeOut: terminal.out,
        writeErr: terminal.err,
        outputError: () => {}, // thrown too, and told where all errors are told
        getOutHelpWidth: () => helpWidth(terminal),
        getErrHelpWidth: () => helpWidth(terminal),
        getOutHasColors: () => false,
        getErrHasColors: () => false,
      });
  }
  return program;
}

const sentence = (text: string): string =>
  text.endsWith(".") ? text : `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

const helpWidth = (terminal: Terminal): number =>
  terminal.interactive ? Math.min(terminal.size().columns, MOST_HELP_COLUMNS) : MOST_HELP_COLUMNS;
