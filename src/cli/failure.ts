import { limitLines } from "../pipelines/problem.ts";

/** The command line, or a file that it names, is wrong. Nothing was changed. */
export class UsageError extends Error {
  readonly problems: readonly string[];
  constructor(message: string, problems: readonly string[] = []) {
    super(message);
    this.name = "UsageError";
    this.problems = problems;
  }
}

export const EXIT = { done: 0, failed: 1, usage: 2, skips: 3, interrupted: 130 } as const;

export interface Failure {
  readonly exitCode: number;
  readonly message: string;
  /** What was wrong, one by one, where there was more than one thing to say. */
  readonly problems: readonly string[];
}

/** What is told of an error, and with which exit code: 2 for what the user can see is wrong before anything is done. */
export function failureOf(error: unknown): Failure {
  if (!(error instanceof Error)) return { exitCode: EXIT.failed, message: String(error), problems: [] };
  const { message } = error;
  // By name: these classes belong to modules that are loaded only by the commands that need them.
  switch (error.name) {
    case "UsageError":
      return { exitCode: EXIT.usage, message, problems: problemsOf(error) };
    case "InvalidRequest":
    case "ConfigError": {
      const what =
        error.name === "ConfigError" ? "the configuration is not valid" : "the request is not valid";
      const problems = problemsOf(error);
      return problems.length === 1
        ? { exitCode: EXIT.usage, message: problems[0]!, problems }
        : { exitCode: EXIT.usage, message: what, problems };
    }
    case "CommanderError":
      return { exitCode: EXIT.usage, message: commanderMessage(message), problems: [] };
    default:
      return { exitCode: EXIT.failed, message: message || error.name, problems: [] };
  }
}

function problemsOf(error: Error): string[] {
  const problems: unknown = "problems" in error ? error.problems : [];
  return Array.isArray(problems) ? problems.map(problemText) : [];
}

function problemText(problem: unknown): string {
  if (typeof problem === "string") return problem;
  const { path, message } = problem as { path: string; message: string };
  return path ? `${path}: ${message}` : message;
}

const commanderMessage = (message: string): string =>
  message.replace(/^error: /, "").replace(/\n\(Did you mean (.*)\?\)$/s, "; did you mean $1?");

/** As it stands on stderr: at most 12 lines. */
export function failureText({ message, problems }: Failure): string {
  const lines = message.split("\n");
  const listed = problems.length === 1 && message.endsWith(problems[0]!) ? [] : problems;
  return `${limitLines([`bioagent: ${lines[0]}`, ...lines.slice(1), ...listed.map((line) => `  ${line}`)]).join("\n")}\n`;
}
