import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { fileVariables } from "../../../src/executors/gcp_batch/file-variables.ts";
import { wrapperScripts } from "../../../src/executors/gcp_batch/wrapper-scripts.ts";

export interface Ended {
  readonly code: number | null;
  readonly stderr: string;
}

/** One attempt's folder on a pretended VM, and the four scripts around it. */
export interface WrapperBench {
  readonly home: string;
  readonly environment: Readonly<Record<string, string>>;
  prepare(script: string, files?: Readonly<Record<string, string>>): Promise<Ended>;
  /** As a container runs it (`/bin/sh step.sh`), or on the host. */
  step(options?: {
    onHost?: boolean;
    shell?: string;
    limit?: number;
    by?: readonly string[];
  }): Promise<Ended>;
  startStep(options?: { onHost?: boolean }): { process: ChildProcess; ended: Promise<Ended> };
  publish(patterns: readonly string[], more?: Readonly<Record<string, string>>): Promise<Ended>;
  report(more?: Readonly<Record<string, string>>): Promise<Ended>;
  read(path: string): string | null;
}

export const MEBIBYTE = 2 ** 20;

/** `storage` is the address of the counterpart of Cloud Storage. */
export function wrapperBench(t: TestContext, storage: string): WrapperBench {
  const folder = mkdtempSync(join(tmpdir(), "bioagent-wrapper-"));
  t.after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  const home = join(folder, "vm/x-a1");
  mkdirSync(join(folder, "vm"));
  const environment = {
    PATH: process.env["PATH"] ?? "/usr/bin:/bin",
    BIOAGENT_HOME: home,
    BIOAGENT_ATTEMPT: "x-a1",
    BIOAGENT_OUTPUT: "gs://results/run 1/",
    BIOAGENT_RECORD: "gs://results/run 1/.bioagent/count-s1/a1",
    BIOAGENT_STORAGE: storage,
    BIOAGENT_TOKEN_URL: "",
    BIOAGENT_LOG_CAP: "4096",
    BIOAGENT_PAUSES: "0.01 0.01 0.01",
  };
  const scripts = wrapperScripts();
  const start = (argv: readonly string[], more: Readonly<Record<string, string>>) => {
    const [command = "", ...rest] = argv;
    const child = spawn(command, rest, {
      env: { ...environment, ...more },
      stdio: ["ignore", "ignore", "pipe"],
    });
    let stderr = "";
    child.stderr.on("data", (bytes: Buffer) => {
      stderr += bytes;
    });
    const ended = new Promise<Ended>((resolve) => child.on("close", (code) => resolve({ code, stderr })));
    return { process: child, ended };
  };
  const run = (text: string, more: Readonly<Record<string, string>> = {}): Promise<Ended> => {
    const path = join(folder, "runnable");
    writeFileSync(path, text);
    chmodSync(path, 0o755);
    return start([path], more).ended;
  };
  const startStep: (options?: Parameters<WrapperBench["step"]>[0]) => ReturnType<WrapperBench["startStep"]> =
    ({ onHost = false, shell = "bash -euo pipefail", limit = 64 * MEBIBYTE, by = ["/bin/sh"] } = {}) =>
      start(onHost ? ["/bin/bash", join(home, "step.sh")] : [...by, join(home, "step.sh")], {
        WORK_DIR: join(home, "work"),
        OUTPUT_DIR: join(home, "out"),
        BIOAGENT_SHELL: shell,
        BIOAGENT_LIMIT: String(limit),
        ...(onHost ? { BIOAGENT_ON_HOST: "1" } : {}),
      });
  return {
    home,
    environment,
    prepare: (script, files = {}) =>
      run(
        scripts.prepare,
        fileVariables([["script", script], ["step.sh", scripts.step], ...Object.entries(files)]),
      ),
    step: (options) => startStep(options).ended,
    startStep,
    publish: (patterns, more = {}) =>
      run(scripts.publish, {
        BIOAGENT_PATTERNS: String(patterns.length),
        ...Object.fromEntries(patterns.map((pattern, at) => [`BIOAGENT_PATTERN_${at}`, pattern])),
        ...more,
      }),
    report: (more) => run(scripts.report, more),
    read: (path) => (existsSync(join(home, path)) ? readFileSync(join(home, path), "utf8") : null),
  };
}
