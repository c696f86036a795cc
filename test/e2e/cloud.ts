import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { type Cloud, openCloud } from "../../infra/cloud/open-cloud.ts";
import { bundleFunctions } from "../../scripts/bundle.ts";
import { type SlackServer, startSlackServer } from "../support/slack-server.ts";
import type { ShownRun } from "./project.ts";

const ROOT = join(import.meta.dirname, "../..");

export interface TestCloud extends Cloud {
  /** The user's folder. */
  readonly folder: string;
  readonly slack: SlackServer;
  /** What its parts printed. */
  printed(): string;
  /** Starts a run by HTTP; its id. */
  start(body: object): Promise<string>;
  show(id: string): Promise<ShownRun>;
  /** The texts that Slack got, once there are at least so many. */
  told(count: number): Promise<string[]>;
  /** Looks until the run has ended, at most `seconds`. */
  end(id: string, seconds: number): Promise<ShownRun>;
}

/** A cloud in a box with a Slack channel, and the reads of the example in gs://reads; gone after the test. */
export async function openTestCloud(
  t: TestContext,
  options: { scenario?: string; every?: number; seed?: number } = {},
): Promise<TestCloud> {
  const folder = mkdtempSync(join(tmpdir(), "bioagent-cloud-"));
  const slack = await startSlackServer();
  let printed = "";
  const files = join(folder, "cloud");
  mkdirSync(join(files, "buckets"), { recursive: true });
  cpSync(join(ROOT, "examples/fastq-qc/reads"), join(files, "buckets/reads"), { recursive: true });
  cpSync(join(ROOT, "examples/fastq-qc/samples.csv"), join(files, "buckets/reads/samples.csv"));
  writeFileSync(join(folder, "bioagent.yaml"), CONFIG);
  if (options.scenario !== undefined) writeFileSync(join(folder, "scenario.yaml"), options.scenario);
  const closing: (() => Promise<unknown>)[] = [() => slack.close()];
  t.after(async () => {
    for (const close of closing.reverse()) await close();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });
  const cloud = await openCloud({
    directory: files,
    functions: await bundled(join(folder, "functions")),
    cwd: folder,
    port: 0,
    every: options.every ?? 1000,
    seed: options.seed,
    scenario: options.scenario === undefined ? undefined : join(folder, "scenario.yaml"),
    projectId: `p${process.pid}-${Date.now().toString(36)}`,
    environment: {
      PATH: process.env["PATH"],
      HOME: folder,
      TMPDIR: tmpdir(),
      SLACK_WEBHOOK_URL: slack.webhookUrl,
    },
    print: (part, line) => {
      printed = `${printed}${part} ${line}\n`.slice(-200_000);
    },
  });
  closing.push(() => cloud.close());
  return {
    ...cloud,
    folder,
    slack,
    printed: () => printed,
    told: (count) => told(slack, count),
    ...callsTo(cloud, () => printed),
  };
}

async function told(slack: SlackServer, count: number): Promise<string[]> {
  const deadline = Date.now() + 60_000;
  const taken = () => slack.received.filter(({ status }) => status === 200);
  while (taken().length < count && Date.now() < deadline) await new Promise((done) => setTimeout(done, 50));
  return taken().map(({ payload }) => JSON.stringify(payload));
}

const CONFIG = `channels:
  lab: { kind: slack, webhook_url: "\${SLACK_WEBHOOK_URL}" }
subscriptions:
  - { on: [run.completed, run.failed, run.cancelled], to: [lab] }
`;

/** Bundled, as they are deployed, with the framework beside them and nothing else. */
async function bundled(folder: string): Promise<string> {
  await bundleFunctions(folder);
  mkdirSync(join(folder, "node_modules/@google-cloud"), { recursive: true });
  const framework = "node_modules/@google-cloud/functions-framework";
  symlinkSync(join(ROOT, framework), join(folder, framework));
  return join(folder, "index.js");
}

function callsTo(cloud: Cloud, printed: () => string): Pick<TestCloud, "start" | "show" | "end"> {
  const api = cloud.functions.api.url;
  const show = async (id: string): Promise<ShownRun> =>
    (await (await patiently(`${api}/v1/runs/${id}`)).json()) as ShownRun;
  return {
    show,
    async start(body) {
      const key = crypto.randomUUID();
      const answer = await patiently(`${api}/v1/runs`, {
        method: "POST",
        headers: { "content-type": "application/json", "idempotency-key": key },
        body: JSON.stringify(body),
      });
      const text = await answer.text();
      if (!answer.ok) throw new Error(`POST /v1/runs answered ${answer.status}: ${text}`);
      return (JSON.parse(text) as { run_id: string }).run_id;
    },
    async end(id, seconds) {
      const deadline = Date.now() + seconds * 1000;
      for (;;) {
        const run = await show(id);
        if (["completed", "failed", "cancelled"].includes(run.status)) return run;
        if (Date.now() > deadline)
          throw new Error(
            `run ${id} has not ended after ${seconds} s: ${JSON.stringify(run.summary)}\n${printed().slice(-4000)}`,
          );
        await new Promise((done) => setTimeout(done, 200));
      }
    },
  };
}

/** A function that was just killed is away for a moment, as on a cloud: whoever calls it calls again. */
async function patiently(url: string, request: RequestInit = {}): Promise<Response> {
  for (let tries = 1; ; tries++) {
    try {
      const answer = await fetch(url, { ...request, signal: AbortSignal.timeout(30_000) });
      if (answer.status < 500 || tries > 40) return answer;
    } catch (error) {
      if (tries > 40) throw error;
    }
    await new Promise((done) => setTimeout(done, 250));
  }
}
