import type { Command } from "commander";
import type { Paint } from "./render/paint.ts";
import type { Terminal } from "./terminal.ts";

/** Options that every command takes. */
export interface GlobalOptions {
  readonly config?: string;
  readonly json?: boolean;
  readonly debug?: boolean;
  readonly color?: boolean;
}

/** What a command works with. */
export interface Context {
  readonly terminal: Terminal;
  readonly options: GlobalOptions;
  /** One JSON document on stdout, and nothing else there. */
  readonly json: boolean;
  readonly paint: Paint;
  /** Columns that a line may have; null where nobody counts them (a pipe, a file). */
  readonly width: number | null;
  readonly cwd: string;
  /** Ends the process without another word: for a second Ctrl-C. */
  readonly endNow: (exitCode: number) => void;
  /** Environment variables, for the configuration. */
  readonly variables: Readonly<Record<string, string | undefined>>;
}

/** Gives the body of a command its context, and takes its exit code. */
export type Bind = <A extends unknown[]>(
  body: (context: Context, ...args: A) => Promise<number>,
) => (...args: A) => Promise<void>;

/** Adds one command to the program. */
export type AddCommand = (program: Command, bind: Bind) => void;

/** The one JSON document of a command. */
export const printJson = ({ terminal }: Pick<Context, "terminal">, value: unknown): void =>
  terminal.out(`${JSON.stringify(value, null, 2)}\n`);

export const printLines = ({ terminal }: Pick<Context, "terminal">, lines: readonly string[]): void => {
  if (lines.length > 0) terminal.out(`${lines.join("\n")}\n`);
};
