import { CHANNEL_NAME } from "../../config/schema.ts";
import type { Config } from "../../config.ts";
import type { Channel } from "../../ports.ts";
import type { Context } from "../context.ts";
import { UsageError } from "../failure.ts";
import { warner } from "../session.ts";
import type { Sender } from "./worker.ts";

/** What a command line says of the Mac, instead of a configuration or beside it. */
export interface MacOptions {
  readonly url?: string;
  readonly chat?: string;
  readonly imsg?: string | true;
}

type Settings = Config["channels"][string];

/** The channel that is meant: the one that is named, or the only one of its kind here. */
export function chosenChannel({ channels }: Pick<Config, "channels">, given: string | undefined): string {
  const known = Object.entries(channels).filter(([, { kind }]) => kind === "imessage");
  const [only, ...others] = known.map(([name]) => name);
  const name = given ?? (others.length === 0 ? only : undefined);
  if (name === undefined) {
    const which = only === undefined ? "" : `: ${[only, ...others].join(", ")}`;
    throw new UsageError(`name the channel, as the API's configuration has it, with --channel${which}`);
  }
  if (!CHANNEL_NAME.test(name)) throw new UsageError(`${JSON.stringify(name)} is no channel's name`);
  const kind = channels[name]?.kind ?? "imessage";
  if (kind !== "imessage")
    throw new UsageError(`channel ${name} is of kind ${kind}; this bridge is for imessage`);
  return name;
}

/** The Mac's settings of a channel: those of its configuration, with what the command line says. */
export function macSettings(configured: Settings | undefined, { url, chat, imsg }: MacOptions): Settings {
  const bridge = imsg === undefined ? (configured?.["bridge"] ?? "bluebubbles") : "imsg";
  const password = bridge === "bluebubbles" ? { password: `\${BLUEBUBBLES_PASSWORD}` } : {};
  return {
    kind: "imessage",
    ...password,
    ...configured,
    bridge,
    via: "bridge",
    ...(url === undefined ? {} : { url }),
    ...(chat === undefined ? {} : { chat }),
    ...(typeof imsg === "string" ? { binary: imsg } : {}),
  };
}

/** What the command line says is looked at as a configuration is, before any secret is filled in. */
export async function refuseWrong(
  { channels }: Pick<Config, "channels">,
  { name, settings }: { name: string; settings: Settings },
): Promise<void> {
  const [{ channelProblems }, { channelKinds }] = await Promise.all([
    import("../../config/check-channels.ts"),
    import("../../wire.ts"),
  ]);
  const [problem] = channelProblems({ ...channels, [name]: settings }, channelKinds);
  if (problem)
    throw new UsageError(`channel ${name}: ${problem.path.slice(2).join(".")}: ${problem.message}`);
}

/** Opens the one channel that sends here, and nothing else: a Mac has neither the store nor an executor. */
export async function openSender(
  context: Context,
  config: Config,
  { name, settings }: { name: string; settings: Settings },
): Promise<Sender> {
  const { openChannelAlone } = await import("../../wire.ts");
  const options = { write: () => {}, warn: warner(context) };
  const opened = openChannelAlone(name, settings, { config, options });
  if (opened.kind === "unusable") throw new UsageError(opened.reason);
  return senderOf(opened.value);
}

/** The channel's own `check` comes along where its settings hold no secret of Secret Manager. */
function senderOf(channel: Channel & Partial<Pick<Sender, "check">>): Sender {
  return { deliver: channel.deliver, check: channel.check };
}
