import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const PATIENCE_MS = 20_000;

/** A program that runs containers here, and what it must be told so that it does. */
export interface ContainerEngine {
  /** `podman` or `docker`, or a path to one of them. */
  readonly program: string;
  /** Options before the command. */
  readonly settings: readonly string[];
  /** Options of `run`. */
  readonly runOptions: readonly string[];
}

/** The engine that was found, or why none of them will do: one text for each. */
export type EngineSearch =
  | { readonly engine: ContainerEngine }
  | { readonly engine: null; readonly problems: readonly string[] };

/**
 * The first engine that works here. Having the program is not enough: docker needs its daemon, and podman a kernel, a runtime
 * and a network that fit its configuration. So podman is tried, first as it is configured, then as a virtual machine or an
 * outer container needs it.
 */
export async function findContainerEngine(
  candidates: readonly string[] = ["podman", "docker"],
): Promise<EngineSearch> {
  const problems: string[] = [];
  for (const program of candidates) {
    const problem = await tryProgram(program);
    if (typeof problem !== "string") return { engine: problem };
    problems.push(`${program}: ${problem}`);
  }
  return { engine: null, problems };
}

/** The engine, or why it does not work. */
async function tryProgram(program: string): Promise<ContainerEngine | string> {
  try {
    const { stdout } = await run(program, ["--version"], { timeout: PATIENCE_MS });
    if (/podman/i.test(stdout)) return await tryPodman(program); // also when it calls itself docker
    await run(program, ["info"], { timeout: PATIENCE_MS });
    return { program, settings: [], runOptions: [] };
  } catch (error) {
    return reasonOf(error);
  }
}

/** A log of its own would be a second copy; docker takes no proxies from the caller, so podman shall not either. */
const PLAIN = ["--log-driver=none", "--http-proxy=false"];
/**
 * Without CAP_SYS_RESOURCE podman's own default limits cannot be set, and without iptables there is no bridge. With crun on
 * hybrid cgroups, or without systemd, only runc and cgroupfs do.
 */
const MODEST = [...PLAIN, "--ulimit=nofile=4096:4096", "--ulimit=nproc=4096:4096", "--network=host"];
const WAYS: readonly Omit<ContainerEngine, "program">[] = [
  { settings: [], runOptions: PLAIN },
  { settings: ["--cgroup-manager=cgroupfs", "--events-backend=file"], runOptions: MODEST },
  {
    settings: ["--runtime=runc", "--cgroup-manager=cgroupfs", "--events-backend=file"],
    runOptions: MODEST,
  },
];

async function tryPodman(program: string): Promise<ContainerEngine | string> {
  let problem = "";
  for (const way of WAYS) {
    const engine = { program, ...way };
    const found = await problemOf(engine);
    if (found === null) return engine;
    problem = found;
  }
  return problem;
}

/** What a container ends with whose program is not in its image: then everything around it worked. */
const NO_SUCH_PROGRAM = 127;

/** Starts a container from an empty folder, so that no image is needed. Null when it works. */
async function problemOf({ program, settings, runOptions }: ContainerEngine): Promise<string | null> {
  const root = await mkdtemp(join(tmpdir(), "batch-emulator-probe-"));
  const words = [...settings, "run", "--rm", ...runOptions, "--memory=64m", "--rootfs", root, "/none"];
  try {
    await run(program, words, { timeout: PATIENCE_MS });
    return null;
  } catch (error) {
    return (error as { code?: unknown }).code === NO_SUCH_PROGRAM ? null : reasonOf(error);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

function reasonOf(error: unknown): string {
  const { code, stderr = "", message } = error as { code?: unknown; stderr?: string; message: string };
  if (code === "ENOENT") return "not installed";
  return stderr.trim().split("\n").at(-1) || message;
}
