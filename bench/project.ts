import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { drive } from "../src/app/drive.ts";
import { startRun } from "../src/app/start.ts";
import { readConfig } from "../src/config.ts";
import { Pipeline, type PipelineInput } from "../src/core/pipeline.ts";
import type { Run } from "../src/core/run.ts";
import { type App, channelKinds, openApp } from "../src/wire.ts";

/** A folder of its own for the length of the work. */
export async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "bioagent-bench-"));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Sample names `s0`, `s1`, ... */
export const sampleNames = (count: number): string[] => Array.from({ length: count }, (_, at) => `s${at}`);

/** The application as the CLI opens it, with nothing configured but the slots. */
export async function inApp<T>(cpus: number, work: (app: App, folder: string) => Promise<T>): Promise<T> {
  return inFolder(async (folder) => {
    const config = await readConfig({ env: {}, cwd: folder, channelKinds });
    const app = await openApp(
      { ...config, local: { ...config.local, cpus } },
      { write: () => {}, warn: (text) => console.error(`bench: warning: ${text}`) },
    );
    try {
      return await work(app, folder);
    } finally {
      await app.close();
    }
  });
}

/** Starts a run and drives it to its end in this process, as `bioagent run --wait` does. */
export async function runToEnd(
  app: App,
  folder: string,
  input: { pipeline: PipelineInput; samples: number },
): Promise<Run> {
  const { run } = await startRun(app.deps, {
    pipeline: Pipeline.parse(input.pipeline),
    samples: sampleNames(input.samples).map((sample) => ({ sample, rows: [{ sample }] })),
    input: null,
    output: join(folder, "results"),
  });
  return (await drive(app.deps, app.cache, run.run_id))!;
}
