import { createApi } from "../infra/batch-emulator/api.ts";
import { createChance } from "../infra/batch-emulator/engine/chance.ts";
import { QUICK } from "../infra/batch-emulator/engine/life.ts";
import { createStamp } from "../infra/batch-emulator/engine/stamp.ts";
import { createTimers } from "../infra/batch-emulator/engine/timers.ts";
import { createEngine } from "../infra/batch-emulator/engine.ts";
import { createFaults } from "../infra/batch-emulator/faults.ts";
import { serveGrpc } from "../infra/batch-emulator/grpc.ts";
import { createNotifier } from "../infra/batch-emulator/notify.ts";
import { memoryRecords } from "../infra/batch-emulator/records.ts";
import { checkRules } from "../infra/batch-emulator/scenario.ts";
import { type PaperMachines, paperMachines } from "./cloud-machines.ts";

/** The Batch emulator, with its API, engine and messages, over machines on paper. */
export interface PaperBatch {
  /** `127.0.0.1:PORT`, gRPC. */
  readonly host: string;
  readonly machines: PaperMachines;
  /** Where messages are pushed from now on; null: nowhere, they are lost. */
  pushTo(url: string | null): void;
  /** From now on each message comes so often, within half a second. */
  repeat(times: number): void;
  /** Listings of open jobs honour the field mask that was sent with them from now on, or do not: Batch may do either. */
  honourMask(honours: boolean): void;
  /** Messages that are not acknowledged yet. */
  pending(): number;
  /** Calls that have come in. */
  calls(): { readonly reads: number; readonly writes: number };
  close(): Promise<void>;
}

const READS: ReadonlySet<string> = new Set(["ListJobs", "GetJob", "ListTasks", "GetTask"]);

export async function openPaperBatch(buckets: string): Promise<PaperBatch> {
  const records = memoryRecords();
  const chance = createChance(1);
  const timers = createTimers(chance);
  const faults = createFaults({ records, chance, timers, speed: 1 }, []);
  let url: string | null = null;
  const push = {
    get url() {
      return url;
    },
  };
  let times = 1;
  const travel = () => ({ duplicates: times - 1, delayMs: 0, shuffleMs: times > 1 ? 500 : 0 });
  const { tellStory } = faults;
  const notifier = createNotifier({ chance, timers, speed: 1, travel, touch: records.touch, push });
  const machines = paperMachines(buckets);
  const engine = createEngine({
    ...{ records, chance, timers, speed: 1, latencies: QUICK, tellStory },
    stamp: createStamp(chance),
    runner: machines,
    listener: notifier,
  });
  const api = createApi({ records, engine, faults, chance });
  const honourMask = (honours: boolean): void => {
    faults.clear();
    if (!honours) faults.add(checkRules([{ effect: { field_mask: "ignored" } }]));
  };
  honourMask(false);
  const grpc = await serveGrpc({ api, port: 0 });
  return {
    host: `127.0.0.1:${grpc.port}`,
    machines,
    pushTo: (to) => {
      url = to;
    },
    repeat: (often) => {
      times = often;
    },
    honourMask,
    calls: () => countCalls(faults.calls),
    pending: () => notifier.pending().length,
    async close() {
      await grpc.close();
      notifier.close();
      await engine.close();
    },
  };
}

/** As Batch's two quotas tell them apart. */
function countCalls(calls: ReadonlyMap<string, number>): { reads: number; writes: number } {
  const sum = { reads: 0, writes: 0 };
  for (const [method, count] of calls) sum[READS.has(method) ? "reads" : "writes"] += count;
  return sum;
}
