import { type ChildProcess, spawn } from "node:child_process";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";

/** One function in a process of its own under functions-framework, started again when it dies, as Cloud Run does. */
export interface FunctionProcess {
  readonly name: string;
  readonly url: string;
  /** Null between two lives. */
  pid(): number | null;
  /** How often it was started. */
  lives(): number;
  /** `SIGKILL` to the process; the next one takes its place. */
  kill(): void;
  stop(): Promise<void>;
}

export interface FunctionOptions {
  readonly name: string;
  /** The module that registers the functions. */
  readonly source: string;
  readonly port: number;
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** A line that it prints. */
  readonly print: (line: string) => void;
}

const FRAMEWORK = join(
  dirname(createRequire(import.meta.url).resolve("@google-cloud/functions-framework")),
  "main.js",
);
const LOOPBACK = pathToFileURL(join(import.meta.dirname, "loopback.mjs")).href;
/** Milliseconds before a process that died is started again; twice as many when it died at once, and so on. */
const PAUSE = 100;
const LONGEST_PAUSE = 10_000;
/** Milliseconds of life after which a death is no sign that the next start will fail, too. */
const LIVED = 2000;

/** Resolves once it answers; rejects when it ends before, with what it printed. */
export async function startFunction(options: FunctionOptions): Promise<FunctionProcess> {
  const url = `http://127.0.0.1:${options.port}`;
  let child: ChildProcess | null = null;
  let lives = 0;
  let stopping = false;
  let printed = "";
  let ended: Promise<void> = Promise.resolve();
  let again: NodeJS.Timeout | undefined;
  let next = PAUSE;
  await refuseTaken(options);
  const start = (): void => {
    lives++;
    const born = Date.now();
    const mine = spawnFunction(options, (line) => {
      printed = `${printed}${line}\n`.slice(-4000);
      options.print(line);
    });
    child = mine;
    ended = new Promise((done) =>
      mine.on("exit", () => {
        child = null;
        next = Date.now() - born > LIVED ? PAUSE : Math.min(next * 2, LONGEST_PAUSE);
        if (!stopping) again = setTimeout(start, next);
        done();
      }),
    );
  };
  start();
  await Promise.race([answers(url), ended.then(() => refuse(options.name, printed))]).catch(async (error) => {
    stopping = true;
    clearTimeout(again);
    child?.kill("SIGKILL");
    throw error;
  });
  return {
    name: options.name,
    url,
    pid: () => child?.pid ?? null,
    lives: () => lives,
    kill: () => void child?.kill("SIGKILL"),
    async stop() {
      stopping = true;
      clearTimeout(again);
      child?.kill("SIGKILL");
      await ended;
    },
  };
}

function refuse(name: string, printed: string): never {
  throw new Error(`function ${name} ended as soon as it was started: ${printed.trim().slice(-1000)}`);
}

function spawnFunction(
  { name, source, port, cwd, environment }: FunctionOptions,
  print: (line: string) => void,
): ChildProcess {
  const args = [
    "--import",
    LOOPBACK,
    FRAMEWORK,
    "--source",
    source,
    "--target",
    name,
    "--port",
    String(port),
  ];
  const child = spawn(process.execPath, args, {
    cwd,
    env: environment,
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  for (const stream of [child.stdout!, child.stderr!]) {
    let rest = "";
    stream.setEncoding("utf8").on("data", (text: string) => {
      const lines = `${rest}${text}`.split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) print(line);
    });
  }
  return child;
}

/** Milliseconds that a function may take to answer for the first time. */
const PATIENCE = 30_000;

async function answers(url: string): Promise<void> {
  const deadline = Date.now() + PATIENCE;
  while (Date.now() < deadline) {
    const there = await fetch(`${url}/v1/health`, { signal: AbortSignal.timeout(5000) }).then(
      () => true,
      () => false,
    );
    if (there) return;
    await new Promise((done) => setTimeout(done, 50));
  }
  throw new Error(`${url} did not answer within ${PATIENCE / 1000} s`);
}

/** Somebody else's server would answer in its place. */
async function refuseTaken({ name, port }: FunctionOptions): Promise<void> {
  const server = createServer();
  await new Promise<void>((done, fail) => {
    server.once("error", (error: NodeJS.ErrnoException) =>
      fail(
        new Error(
          `port ${port} of the function ${name} cannot be used (${error.code}); choose another by --port`,
        ),
      ),
    );
    server.listen(port, "127.0.0.1", done);
  });
  await new Promise((done) => server.close(done));
}
