import { appendFileSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A line that a task or its agent said. */
export interface LogLine {
  readonly timestamp: string;
  /** `batch_task_logs` for what runnables print, `batch_agent_logs` for what the machine says about them. */
  readonly log: "batch_task_logs" | "batch_agent_logs";
  /** Standard output is INFO, standard error ERROR (facts/batch.md 1.9). */
  readonly severity: "INFO" | "ERROR";
  readonly task: number;
  readonly retry: number;
  readonly text: string;
}

/** Whose log it is; kept beside it, since a job's log can be read when the job has been deleted. */
export interface LogSource {
  readonly uid: string;
  readonly id: string;
  readonly project: string;
  readonly projectNumber: string;
  readonly location: string;
  /** Cloud Logging has it: `logsPolicy.destination`. */
  readonly inCloudLogging: boolean;
}

/** What the tasks of all jobs said: one file for each job, that outlives job and emulator. */
export interface TaskLogs {
  append(source: LogSource, lines: readonly LogLine[]): void;
  read(uid: string): LogLine[];
  /** Of the jobs named by their uid, or of all that ever said something. */
  sources(uids: readonly string[] | null): LogSource[];
}

/** A script that prints without end must not fill the disk. */
const MOST_BYTES = 32 * 1024 * 1024;

export function createTaskLogs(folder: string): TaskLogs {
  mkdirSync(folder, { recursive: true });
  const fileOf = (uid: string) => join(folder, `${encodeURIComponent(uid)}.jsonl`);
  const sourceOf = (uid: string) => join(folder, `${encodeURIComponent(uid)}.source.json`);
  return {
    append(source, lines) {
      const file = fileOf(source.uid);
      const size = sizeOf(file);
      if (lines.length === 0 || size > MOST_BYTES) return;
      const text = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
      try {
        if (size === 0) writeFileSync(sourceOf(source.uid), JSON.stringify(source));
        appendFileSync(file, text);
      } catch {
        // A full disk costs lines of the log, not the emulator.
      }
    },
    read(uid) {
      const text = readIfThere(fileOf(uid));
      const whole = text.slice(0, text.lastIndexOf("\n") + 1); // a kill may have cut the last line
      return whole
        .split("\n")
        .filter(Boolean)
        .map((line) => JSON.parse(line) as LogLine);
    },
    sources(uids) {
      const files = uids?.map(sourceOf) ?? sourceFiles(folder);
      return files.map(readIfThere).flatMap((text) => (text === "" ? [] : [JSON.parse(text) as LogSource]));
    },
  };
}

const sourceFiles = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith(".source.json"))
    .map((name) => join(folder, name));

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return ""; // nothing was said yet
  }
}

/** Splits a stream into lines; `flush` gives the last one, that had no end. */
export function lineSplitter(take: (lines: string[]) => void): { push(chunk: string): void; flush(): void } {
  let rest = "";
  return {
    push(chunk) {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() ?? "";
      if (lines.length > 0) take(lines);
    },
    flush() {
      if (rest !== "") take([rest]);
      rest = "";
    },
  };
}
