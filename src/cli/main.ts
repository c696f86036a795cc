/** The process behind the command line: what is global to a process stands here, and nowhere else in `cli`. */
import { readFileSync } from "node:fs";
import type { Command } from "commander";
import type { Bind, Context, GlobalOptions } from "./context.ts";
import { EXIT, failureOf, failureText } from "./failure.ts";
import { createProgram } from "./program.ts";
import { colourPaint, plainPaint } from "./render/paint.ts";
import { processTerminal, type Terminal } from "./terminal.ts";

/** Runs the command of `argv`, and ends the process. */
export async function main(argv: readonly string[]): Promise<never> {
  const terminal = processTerminal();
  process.on("uncaughtException", (error) => {
    // What no command waits for: a full disk under stdout, a timer that threw.
    process.exit(tell(error, terminal, { json: false, debug: argv.includes("--debug") }));
  });
  const result = await run(argv, terminal);
  await drained(process.stdout);
  await drained(process.stderr);
  process.exit(result);
}

async function run(argv: readonly string[], terminal: Terminal): Promise<number> {
  let exitCode: number = EXIT.done;
  const program = createProgram({
    version: version(),
    terminal,
    bind: bindTo(terminal, (code) => {
      exitCode = code;
    }),
  });
  try {
    await program.parseAsync(argv);
    return exitCode || Number(process.exitCode ?? 0);
  } catch (error) {
    if (isHelp(error)) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    return tell(error, terminal, wants(program, argv));
  }
}

const isHelp = (error: unknown): error is { exitCode: number } =>
  error instanceof Error &&
  "code" in error &&
  ["commander.help", "commander.helpDisplayed", "commander.version"].includes(String(error.code));

/** What the line asked for, even where it could not be parsed to its end. */
function wants(program: Command, argv: readonly string[]): { json: boolean; debug: boolean } {
  const options = program.opts<GlobalOptions>();
  return {
    json: options.json ?? argv.includes("--json"),
    debug: options.debug ?? argv.includes("--debug"),
  };
}

function tell(
  error: unknown,
  terminal: Terminal,
  { json, debug }: { json: boolean; debug: boolean },
): number {
  const failure = failureOf(error);
  const { message, problems } = failure;
  if (json) terminal.out(`${JSON.stringify({ error: { message, problems } }, null, 2)}\n`);
  terminal.err(failureText(failure));
  if (debug && error instanceof Error) terminal.err(`${error.stack}\n`);
  return failure.exitCode;
}

function bindTo(terminal: Terminal, done: (exitCode: number) => void): Bind {
  return (body) =>
    async (...args) => {
      const command = args.at(-1) as Command;
      done(await body(await contextOf(terminal, command.optsWithGlobals<GlobalOptions>()), ...args));
    };
}

async function contextOf(terminal: Terminal, options: GlobalOptions): Promise<Context> {
  const { environment } = await import("../config.ts");
  const { variables, noColor, columns } = environment();
  const coloured = terminal.interactive && !noColor && options.color !== false;
  return {
    terminal,
    options,
    json: options.json === true,
    paint: coloured ? colourPaint : plainPaint,
    width: terminal.interactive ? terminal.size().columns : columns,
    cwd: process.cwd(),
    endNow: (exitCode) => process.exit(exitCode),
    variables,
  };
}

/** Of the package, wherever it is: two folders up from the sources, three from what was built. */
function version(): string {
  for (const path of ["../../package.json", "../../../package.json"]) {
    try {
      return String(JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8")).version);
    } catch {
      // not there: the next one
    }
  }
  return "unknown";
}

const drained = (stream: NodeJS.WriteStream): Promise<void> =>
  new Promise((resolve) => {
    if (stream.destroyed || stream.writableEnded) resolve();
    else stream.write("", () => resolve());
  });
