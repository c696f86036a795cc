import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Config } from "../config.ts";
import type { Run } from "../core/run.ts";
import type { RunStore } from "../ports.ts";
import type { App } from "../wire.ts";
import type { Context } from "./context.ts";
import { UsageError } from "./failure.ts";
import type { RemoteActions } from "./remote/remote-session.ts";

/** What a command works on: this machine's own store and executors, or a deployed API. */
export interface Session extends App {
  /** The use cases of the API; absent where they are carried out here. */
  readonly remote?: RemoteActions;
}

/** The configuration in force. */
export async function readSettings({ variables, options, cwd }: Context): Promise<Config> {
  const [{ readConfig }, { channelKinds }] = await Promise.all([
    import("../config.ts"),
    import("../wire.ts"),
  ]);
  return readConfig({
    env: variables,
    configFile: options.config,
    cwd,
    channelKinds,
    readBucket: readBucketOf(variables),
  });
}

/** A configuration in a bucket, read with the credentials of whoever sits here. */
const readBucketOf =
  (variables: Context["variables"]) =>
  async (uri: string): Promise<string> => {
    const [{ openBucketText }, { openAccessToken }] = await Promise.all([
      import("../google/bucket-text.ts"),
      import("../google/access-token.ts"),
    ]);
    const emulator = variables["STORAGE_EMULATOR_HOST"] || null;
    return openBucketText({ accessToken: openAccessToken(), emulator }).read(uri);
  };

export interface AppOptions {
  /** Takes what the console channel says. */
  readonly write?: (text: string) => void;
  readonly warn?: (text: string) => void;
  /** Instead of the one that is configured. */
  readonly config?: Config;
}

/** Everything opened; whoever opens it closes it. */
export async function openSession(context: Context, options: AppOptions = {}): Promise<Session> {
  const config = options.config ?? (await readSettings(context));
  if (config.url !== null) {
    const { openRemote } = await import("./remote/remote-session.ts");
    return openRemote(config, config.url, options.warn ?? warner(context));
  }
  const { openApp } = await import("../wire.ts");
  return openApp(config, {
    write: options.write ?? noticeWriter(context),
    warn: options.warn ?? warner(context),
  });
}

/** For what is done on this machine only: refused in one line while `BIOAGENT_URL` names a deployed API. */
export function refuseRemote({ url }: Pick<Config, "url">, what: string): void {
  if (url === null) return;
  throw new UsageError(
    `${what} works on this machine's own store, and BIOAGENT_URL names ${new URL(url).host}; unset it`,
  );
}

/** Everything opened for a command, and closed after it. */
export async function withApp<T>(
  context: Context,
  options: AppOptions,
  body: (app: Session) => Promise<T>,
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

const storeMissing = ({ store, url }: Config): string | null =>
  url === null && store.kind === "sqlite" && !existsSync(store.path)
    ? `no store at ${store.path} yet; bioagent run makes one`
    : null;

/** What a command does with what it opens. Only reading may do without the executor's own folder. */
export type Access = "read" | "write";

const openFor = (access: Access, context: Context, config: Config): Promise<Session> =>
  access === "read" ? openForReading(context, config) : openSession(context, { config });

/** The store as it is: where there is none, none is made, and `none` answers. */
export async function withStore<T>(
  context: Context,
  access: Access,
  body: (store: RunStore, app: Session) => Promise<T>,
  none: (message: string) => T | Promise<T>,
): Promise<T> {
  const config = await readSettings(context);
  if (access === "write") refuseRemote(config, "this command");
  const missing = storeMissing(config);
  if (missing !== null) return none(missing);
  const app = await openFor(access, context, config);
  try {
    return await body(app.deps.store, app);
  } finally {
    await app.close();
  }
}

/** For commands about a run: where there is no store there is no such run, and none is made to look for it. */
export async function requireStore(context: Context, reference: string): Promise<Config> {
  const config = await readSettings(context);
  const missing = storeMissing(config);
  if (missing === null) return config;
  const { NotFound } = await import("../app/deps.ts");
  throw new NotFound(`there is no run ${JSON.stringify(reference)}: ${missing}`);
}

/**
 * Reading needs no place for jobs: where the executor's folder cannot be written, an empty one stands in for it. Never for
 * a pass over runs: it would find none of their attempts there.
 */
async function openForReading(context: Context, config: Config): Promise<Session> {
  try {
    return await openSession(context, { config });
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "local_folder")) throw error;
    const { mkdtemp, rm } = await import("node:fs/promises");
    const directory = await mkdtemp(join(tmpdir(), "bioagent-read-"));
    const app = await openSession(context, { config: { ...config, local: { ...config.local, directory } } });
    return {
      ...app,
      async close() {
        await app.close();
        await rm(directory, { recursive: true, force: true });
      },
    };
  }
}

/** For commands about one run. */
export async function withRun<T>(
  context: Context,
  reference: string,
  access: Access,
  body: (runId: string, store: RunStore, app: Session) => Promise<T>,
): Promise<T> {
  const app = await openFor(access, context, await requireStore(context, reference));
  try {
    const { findRun } = await import("../app/change.ts");
    return await body(await findRun(app.deps, reference), app.deps.store, app);
  } finally {
    await app.close();
  }
}

/** For a command that follows a run: the run that its reference means. */
export const chosenRun =
  (reference: string) =>
  async (app: App): Promise<Run> => {
    const { findRun } = await import("../app/change.ts");
    return (await app.deps.store.readRun(await findRun(app.deps, reference)))!;
  };
