import { homedir, hostname } from "node:os";
import { InvalidArgumentError, Option } from "commander";
import type { Config } from "../../config.ts";
import type { ClaimedNotice } from "../../core/claimed-notice.ts";
import { DURATION_FORM, parseDuration } from "../../core/quantity.ts";
import { installLines, launchdPlist } from "../bridge/launchd.ts";
import {
  chosenChannel,
  type MacOptions,
  macSettings,
  openSender,
  refuseWrong,
} from "../bridge/open-sender.ts";
import type { Sender } from "../bridge/worker.ts";
import { type AddCommand, type Context, printJson } from "../context.ts";
import { example } from "../example.ts";
import { EXIT, UsageError } from "../failure.ts";
import { listenForInterrupt } from "../interrupt.ts";
import type { ApiClient } from "../remote/api-client.ts";
import { readSettings } from "../session.ts";

interface BridgeOptions extends MacOptions {
  readonly channel?: string;
  readonly once?: boolean;
  /** Seconds. */
  readonly interval: number;
  readonly check?: boolean;
  readonly launchd?: boolean;
}

const INTERVAL = 15;

function interval(text: string): number {
  const seconds = parseDuration(text);
  if (seconds !== null && seconds >= 1 && seconds <= 600) return seconds;
  throw new InvalidArgumentError(`Expected 1s to 10m: ${DURATION_FORM}.`);
}

export const addBridge: AddCommand = (program, bind) => {
  const bridge = program
    .command("bridge")
    .description("tell what the cloud cannot reach, from a machine that can")
    .addHelpText("after", example("bioagent bridge imessage --channel phone"));
  bridge
    .command("imessage")
    .summary("send a channel's notices from this Mac")
    .description(
      "send a channel's notices from this Mac, through BlueBubbles or imsg: fetched from the API that BIOAGENT_URL names, until it is stopped",
    )
    .option("--channel <name>", "as the API's configuration has it, with via: bridge")
    .option("--once", "tell what there is to tell, and exit")
    .addOption(
      new Option("--interval <duration>", "between two questions to the API")
        .argParser(interval)
        .default(INTERVAL, `${INTERVAL}s`),
    )
    .option("--check", "try both sides, say what is wrong, and send nothing")
    .option("--launchd", "print a launchd agent that runs this, and how to install it")
    .option("--url <url>", "of the BlueBubbles server (default: http://127.0.0.1:1234)")
    .option("--chat <guid>", "where to send: iMessage;-;+15551234567")
    .option("--imsg [program]", "send through imsg instead of BlueBubbles")
    .addHelpText("after", example("bioagent bridge imessage --channel phone --check"))
    .action(bind(imessage));
};

async function imessage(context: Context, options: BridgeOptions): Promise<number> {
  const config = await readSettings(context);
  const { url } = config;
  if (url === null) {
    throw new UsageError("the bridge fetches from a deployed API: set BIOAGENT_URL to its address");
  }
  const name = chosenChannel(config, options.channel);
  const settings = macSettings(config.channels[name], options);
  if (settings["chat"] === undefined) {
    throw new UsageError(`channel ${name} has no chat here: set it in bioagent.yaml, or give --chat`);
  }
  await refuseWrong(config, { name, settings });
  if (options.launchd) return printAgent(context, { config, url, name, options });
  const sender = await openSender(context, config, { name, settings });
  const api = openApi(await apiOf(config, url), name);
  return options.check ? check(context, api, sender, name) : work(context, api, sender, options);
}

interface Agent {
  readonly config: Config;
  readonly url: string;
  readonly name: string;
  readonly options: BridgeOptions;
}

function printAgent(context: Context, { config, url, name, options }: Agent): number {
  const { chat, imsg, url: server, interval: seconds } = options;
  const given = [
    ...(seconds === INTERVAL ? [] : ["--interval", `${seconds}s`]),
    ...(server === undefined ? [] : ["--url", server]),
    ...(chat === undefined ? [] : ["--chat", chat]),
    ...(imsg === undefined ? [] : ["--imsg", ...(imsg === true ? [] : [imsg])]),
  ];
  const plist = launchdPlist({
    channel: name,
    url,
    config: config.file,
    node: process.execPath,
    bin: process.argv[1] ?? "bioagent",
    home: homedir(),
    cwd: context.cwd,
    path: context.variables["PATH"] ?? "",
    options: given,
  });
  context.terminal.out(plist);
  const { config: file } = context.options;
  const typed = [...(file === undefined ? [] : ["--config", file]), ...given];
  for (const line of installLines(name, typed)) context.terminal.err(`bioagent: ${line}\n`);
  return EXIT.done;
}

async function apiOf({ token }: Config, url: string): Promise<ApiClient> {
  const [{ openApiClient }, { openIdentity }] = await Promise.all([
    import("../remote/api-client.ts"),
    import("../remote/identity.ts"),
  ]);
  return openApiClient({ url, identity: openIdentity({ url, token }) });
}

type Api = ReturnType<typeof openApi>;

/** The two routes of a bridge. */
function openApi(client: ApiClient, channel: string) {
  // Two bridges on one machine are two.
  const worker = `${hostname()
    .replace(/[^\w.@-]/g, "-")
    .slice(0, 80)} (${process.pid})`;
  return {
    claim: async (limit: number): Promise<readonly ClaimedNotice[]> => {
      const path = `/v1/channels/${encodeURIComponent(channel)}/claim`;
      const [answer, { claimedNotices }] = await Promise.all([
        client.post(path, { limit, worker }),
        import("../bridge/claimed-notices.ts"),
      ]);
      return claimedNotices(answer);
    },
    report: async ({ id, rev }: ClaimedNotice, outcome: unknown): Promise<void> => {
      await client.post(`/v1/notices/${encodeURIComponent(id)}/outcome`, { rev, outcome });
    },
  };
}

/** One at a time: a claim then holds for as long as this one message may take. */
const AT_ONCE = 1;
/** Said by the API, and no less true a minute later; by their names, since their modules are loaded elsewhere. */
const FINAL = ["Conflict", "NotFound", "InvalidRequest"];

async function work(context: Context, api: Api, sender: Sender, options: BridgeOptions): Promise<number> {
  const [{ openWorker }, { sleep }] = await Promise.all([
    import("../bridge/worker.ts"),
    import("../../app/sleep.ts"),
  ]);
  const interrupt = listenForInterrupt(context.endNow);
  const { signal } = interrupt;
  const write = context.json ? context.terminal.err : context.terminal.out;
  const say = (line: string): void => write(`${new Date().toISOString()}  ${line}\n`);
  const isFinal = (error: unknown): boolean => error instanceof Error && FINAL.includes(error.name);
  const worker = openWorker({
    claim: () => api.claim(AT_ONCE),
    report: api.report,
    isFinal,
    sender,
    say,
    signal,
  });
  try {
    for (;;) {
      const isWell = await worker.pass();
      if (options.once || signal.aborted) {
        if (context.json) printJson(context, { ok: isWell });
        return isWell || !options.once ? EXIT.done : EXIT.failed;
      }
      await sleep(options.interval * 1000, signal);
    }
  } finally {
    interrupt.stop();
  }
}

interface Checked {
  readonly name: "api" | "mac";
  readonly ok: boolean;
  readonly text: string;
}

async function check(context: Context, api: Api, sender: Sender, name: string): Promise<number> {
  const checks: Checked[] = [
    await api.claim(0).then(
      () => ({ name: "api" as const, ok: true, text: `answers, and channel ${name} is told by a bridge` }),
      (error: unknown) => ({
        name: "api" as const,
        ok: false,
        text: error instanceof Error ? error.message : String(error),
      }),
    ),
    { name: "mac", ...((await sender.check?.()) ?? { ok: true, text: "can be tried by sending only" }) },
  ];
  const ok = checks.every((each) => each.ok);
  if (context.json) printJson(context, { ok, checks });
  else
    for (const each of checks)
      context.terminal.out(`${each.name}  ${each.ok ? "ok" : "wrong"}: ${each.text}\n`);
  return ok ? EXIT.done : EXIT.failed;
}
