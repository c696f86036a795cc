import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { RunningTask, TaskOrder, TaskRunner } from "../infra/batch-emulator/runner/runner.ts";

/** Machines on paper: an attempt runs, without a process, until it is told how it ended. Ten thousand of them cost little. */
export interface PaperMachines extends TaskRunner {
  /** Ids of the attempts that run, in the order in which they began. */
  running(): string[];
  /** Ends an attempt: leaves its manifest and its report where the wrapper would have put them, and exits with this code. */
  end(attempt: string, exitCode?: number): Promise<void>;
  /** What was ended, in order, and when, epoch milliseconds. */
  ended(): { readonly attempt: string; readonly at: number }[];
}

interface Machine {
  /** `gs://BUCKET/...`, without ending. */
  readonly record: string;
  readonly startedAt: number;
  readonly exit: (exitCode: number) => void;
}

/** `buckets`: the folder whose folders are the buckets. */
export function paperMachines(buckets: string): PaperMachines {
  const machines = new Map<string, Machine>();
  const ended = new Map<string, number>();
  return {
    start: (order) => begin(machines, order),
    running: () => [...machines.keys()],
    ended: () => [...ended].map(([attempt, at]) => ({ attempt, at })),
    async end(attempt, exitCode = 0) {
      const machine = machines.get(attempt);
      if (!machine) throw new Error(`attempt ${attempt} does not run`);
      machines.delete(attempt);
      await leaveRecords(buckets, attempt, machine, exitCode);
      ended.set(attempt, Date.now());
      machine.exit(exitCode);
    },
    async close() {
      for (const { exit } of machines.values()) exit(50001);
      machines.clear();
    },
  };
}

function begin(machines: Map<string, Machine>, { record: job, shape }: TaskOrder): RunningTask {
  const { promise: ended, resolve: exit } = Promise.withResolvers<number>();
  const { variables = {} } = shape.spec.environment ?? {};
  const record = variables["BIOAGENT_RECORD"];
  if (record === undefined) throw new Error(`job ${job.id} does not say where its records go`);
  machines.set(job.id, { record, startedAt: Date.now(), exit });
  const kill = (): void => {
    machines.delete(job.id);
    exit(50001);
  };
  return { ended, kill };
}

/** What `wrapper-publish.sh` and `wrapper-report.sh` upload, of a step that declares no outputs. */
async function leaveRecords(
  buckets: string,
  attempt: string,
  { record, startedAt }: Machine,
  exitCode: number,
): Promise<void> {
  const place = join(buckets, record.slice("gs://".length));
  await mkdir(dirname(place), { recursive: true });
  const report = {
    attempt,
    code: exitCode,
    started: new Date(startedAt).toISOString(),
    ended: new Date().toISOString(),
    kills: 0,
    peak: 300 * 2 ** 20,
    left_out: 0,
    failure: null,
    log_tail: Buffer.from(exitCode === 0 ? "done\n" : "Killed\n").toString("base64"),
  };
  if (exitCode === 0) await writeFile(`${place}.json`, JSON.stringify({ attempt, outputs: [] }));
  await writeFile(`${place}.exit.json`, JSON.stringify(report));
}
