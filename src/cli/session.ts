import { existsSync } from "node:fs";
import type { Config } from "../config.ts";
import type { Run } from "../core/run.ts";
import type { RunStore } from "../ports.ts";
import type { App } from "../wire.ts";
import type { Context } from "./context.ts";

/** The configuration in force. */
export async function readSettings({ variables, options, cwd }: Context): Promise<Config> {
  const [{ readConfig }, { channelKinds }] = await Promise.all([
    import("../config.ts"),
    import("../wire.ts"),
  ]);
  return readConfig({ env: variables, configFile: options.config, cwd, channelKinds });
}

export interface AppOptions {
  /** Takes what the console channel says. */
  readonly write?: (text: string) => void;
  readonly warn?: (text: string) => void;
  /** Instead of the one that is configured. */
  readonly config?: Config;
}

/** Everything opened; whoever opens it closes it. */
export async function openSession(context: Context, options: AppOptions = {}): Promise<App> {
  const config = options.config ?? (await readSettings(context));
  const { openApp } = await import("../wire.ts");
  return openApp(config, {
    write: options.write ?? noticeWriter(context),
    warn: options.warn ?? warner(context),
  });
}

/** Everything opened for a command, and closed after it. */
export async function withApp<T>(
  context: Context,
  options: AppOptions,
  body: (app: App) => Promise<T>,
): Promise<T> {
  const app = await openSession(context, options);
  try {
    return await body(app);
  } finally {
    await app.close();
  }
}

/** Notices are for people: with `--json` they go where the document does not. */
const noticeWriter = ({ terminal, json }: Context) => (json ? terminal.err : terminal.out);

/** Says each warning once: what stays wrong would else be said with every pass. */
export function warner({ terminal }: Pick<Context, "terminal">): (text: string) => void {
  const said = new Set<string>();
  return (text) => {
    if (said.has(text)) return;
    said.add(text);
    terminal.err(`bioagent: warning: ${text}\n`);
  };
}

/** The store alone, for a command that only reads; where there is none, none is made, and `none` answers. */
export async function withStore<T>(
  context: Context,
  body: (store: RunStore, app: App) => Promise<T>,
  none: (message: string) => T | Promise<T>,
): Promise<T> {
  const config = await readSettings(context);
  if (config.store.kind === "sqlite" && !existsSync(config.store.path))
    return none(`no store at ${config.store.path} yet; bioagent run makes one`);
  return withApp(context, { config }, (app) => body(app.deps.store, app));
}

/** For commands about one run: without a store there is no such run. */
export async function withRun<T>(
  context: Context,
  reference: string,
  body: (runId: string, store: RunStore, app: App) => Promise<T>,
): Promise<T> {
  const { NotFound } = await import("../app/deps.ts");
  const { findRun } = await import("../app/change.ts");
  return withStore(
    context,
    async (store, app) => body(await findRun(app.deps, reference), store, app),
    (message) => {
      throw new NotFound(`there is no run ${JSON.stringify(reference)}: ${message}`);
    },
  );
}

/** For a command that follows a run: the run that its reference means. */
export const chosenRun =
  (_context: Context, reference: string) =>
  async (app: App): Promise<Run> => {
    const { findRun } = await import("../app/change.ts");
    return (await app.deps.store.readRun(await findRun(app.deps, reference)))!;
  };
