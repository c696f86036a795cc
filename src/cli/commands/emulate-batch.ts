import { Option } from "commander";
import type { AddCommand, Context } from "../context.ts";
import { example } from "../example.ts";
import { EXIT } from "../failure.ts";
import { wholeNumber } from "../input/parsers.ts";
import { listenForInterrupt } from "../interrupt.ts";

interface EmulateOptions {
  readonly port: number;
  readonly grpcPort: number;
  readonly scenario?: string;
  readonly state?: string;
  readonly buckets?: string;
  readonly containers: "auto" | "host" | "off";
  readonly push?: string;
  readonly seed?: number;
}

export const addEmulateBatch: AddCommand = (program, bind) => {
  program
    .command("emulate-batch")
    .summary("serve Google Cloud Batch on this machine, for tests")
    .description("serve the Batch API on this machine by REST and gRPC; it runs what it is given")
    .option("--port <number>", "of REST; 0 takes a free one", wholeNumber(0, 65_535), 8010)
    .option("--grpc-port <number>", "of gRPC; 0 takes a free one", wholeNumber(0, 65_535), 8011)
    .option("--scenario <file>", "faults to come: YAML or JSON")
    .option("--state <file>", "keep jobs in this file, over restarts")
    .option("--buckets <dir>", "folder whose folders are mounted as buckets")
    .addOption(
      new Option("--containers <how>", "run container runnables with podman or docker, on the host, or not")
        .choices(["auto", "host", "off"])
        .default("auto"),
    )
    .option("--push <url>", "where Pub/Sub messages about jobs are pushed")
    .option("--seed <number>", "the same seed, the same story", wholeNumber(0, 2 ** 31))
    .addHelpText("after", example("bioagent emulate-batch --port 8010 --grpc-port 8011"))
    .action(bind(emulateBatch));
};

async function emulateBatch(context: Context, options: EmulateOptions): Promise<number> {
  const { openEmulator } = await import("../../../infra/batch-emulator/emulator.ts");
  const emulator = await openEmulator({
    restPort: options.port,
    grpcPort: options.grpcPort,
    statePath: options.state,
    scenario: options.scenario,
    buckets: options.buckets,
    containers: options.containers,
    seed: options.seed,
    push: options.push === undefined ? undefined : { url: options.push },
  });
  const rest = `http://127.0.0.1:${emulator.restPort}/`;
  const grpc = `127.0.0.1:${emulator.grpcPort}`;
  if (context.json) context.terminal.out(`${JSON.stringify({ rest, grpc })}\n`);
  else context.terminal.out(sayAddresses(rest, grpc));
  const interrupt = listenForInterrupt(context.endNow);
  await new Promise<void>((done) => interrupt.signal.addEventListener("abort", () => done(), { once: true }));
  await emulator.close();
  interrupt.stop();
  return EXIT.done;
}

const sayAddresses = (rest: string, grpc: string): string => `Batch is emulated; Ctrl-C stops it, and its jobs
  BioAgent   export BATCH_EMULATOR_HOST=${grpc}
  gcloud     export CLOUDSDK_API_ENDPOINT_OVERRIDES_BATCH=${rest} CLOUDSDK_AUTH_DISABLE_CREDENTIALS=true
`;
