import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Config } from "../config.ts";
import type { Job } from "../core/job.ts";
import type { Run } from "../core/run.ts";
import type { Files } from "../ports.ts";
import type { App } from "../wire.ts";
import type { Context } from "./context.ts";
import { type AppOptions, openSession } from "./session.ts";

/** The same configuration with everything that is written in a folder of its own. */
const movedTo = (config: Config, folder: string): Config => ({
  ...config,
  store: { kind: "sqlite", path: join(folder, "store.db") },
  ledger: join(folder, "ledger"),
  local: { ...config.local, directory: join(folder, "local") },
  // It is made on this machine, whatever API the command speaks to.
  url: null,
});

/**
 * Everything opened as configured, but on a store of its own in a temporary folder, which closing removes. For what must
 * not make a store where there is none.
 */
export async function openScratch(context: Context, config: Config, options: AppOptions): Promise<App> {
  const folder = await mkdtemp(join(tmpdir(), "bioagent-plan-"));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    const app = await openSession(context, { ...options, config: movedTo(config, folder) });
    return {
      ...app,
      async close() {
        await app.close();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** What is started and planned in there goes the real way, with the real checks, and nothing of it stays. */
export async function withScratch<T>(
  context: Context,
  config: Config,
  body: (app: App) => Promise<T>,
): Promise<T> {
  const app = await openScratch(context, config, {});
  try {
    return await body({ ...app, deps: { ...app.deps, files: readingFiles(app.deps.files) } });
  } finally {
    await app.close();
  }
}

/** Files that can be looked at. Taking outputs over is only asked about: are they still there, as they were? */
function readingFiles(files: Files): Files {
  return {
    locate: (input, cell) => files.locate(input, cell),
    verify: (output, attempts) => files.verify(output, attempts),
    prepare: async () => null,
    read: (uri) => files.read(uri),
    write: async () => {},
    async adopt(from, _to, _job, outputs) {
      for (const { path, size } of outputs) {
        const found = await files.locate(from, path);
        if (found?.size !== size) return false;
      }
      return true;
    },
  };
}

/** All jobs of a run that has just been started there. */
export async function planAll(app: App, started: Run): Promise<{ run: Run; jobs: Map<string, Job> }> {
  const { planChunk } = await import("../app/plan.ts");
  const jobs = new Map<string, Job>();
  let run = started;
  while (run.planned < run.summary.total_jobs) {
    const done = await planChunk(app.deps, run, jobs);
    if (done === "conflict") throw new Error("the plan could not be made: its temporary store was changed");
    run = done.run;
    for (const job of done.jobs) jobs.set(job.key, job);
  }
  return { run, jobs };
}
