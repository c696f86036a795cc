import type { ChannelSettings, Config } from "../../config.ts";
import { noticeText } from "../../core/message.ts";
import { didYouMeanOf } from "../../core/spelling.ts";
import type { Channel, Message, Preview } from "../../ports.ts";
import type { Context } from "../context.ts";
import { UsageError } from "../failure.ts";
import { missingVariables, withStandIns } from "./stand-ins.ts";

/** What one channel would tell, and to whom. */
export interface ChannelPreview {
  readonly channel: string;
  readonly kind: string;
  readonly recipients: readonly string[];
  /** What people should know of the channel here: a variable that is missing. Sentences. */
  readonly notes: readonly string[];
  /** Null where the settings are such that the channel cannot even be opened; `notes` say why. */
  readonly preview: Preview | null;
}

/** Channels by name, all of them when none is named. Throws a `UsageError` for one that there is not. */
export function chosenChannels({ channels }: Pick<Config, "channels">, names: readonly string[]): string[] {
  const known = Object.keys(channels);
  for (const name of names) {
    if (known.includes(name)) continue;
    throw new UsageError(`there is no channel ${name}${didYouMeanOf("channels", name, known)}`);
  }
  return names.length === 0 ? known : [...new Set(names)];
}

/** What each of them would say. Nothing is sent, nothing is connected to, and no secret is needed or read. */
export async function previewChannels(
  context: Context,
  config: Config,
  names: readonly string[],
  message: Message,
): Promise<ChannelPreview[]> {
  const { variables } = context;
  const settings = Object.fromEntries(names.map((name) => [name, config.channels[name]!]));
  const opened = await openStandIns(config, settings, variables);
  try {
    const previews: ChannelPreview[] = [];
    for (const name of names) {
      const channel = opened.channels.get(name);
      const { kind } = settings[name]!;
      const broken = opened.broken.get(name);
      previews.push({
        channel: name,
        kind,
        recipients: channel?.recipients ?? [],
        notes: [...(broken === undefined ? [] : [broken]), ...notesOf(settings[name]!, variables)],
        preview: channel ? await previewOf(channel, message) : null,
      });
    }
    return previews;
  } finally {
    await opened.close();
  }
}

function notesOf(settings: ChannelSettings, variables: Context["variables"]): string[] {
  const missing = missingVariables(settings, variables);
  return missing.length === 0
    ? []
    : [`${missing.join(", ")} ${missing.length === 1 ? "is" : "are"} not set here: nothing can be sent yet`];
}

/** A channel that has no preview of its own says what all say. */
async function previewOf(channel: Channel, message: Message): Promise<Preview> {
  const [recipient = channel.name] = channel.recipients;
  if (channel.preview) return channel.preview(message, recipient);
  return { form: "text", text: noticeText(message.event, message.facts, message) };
}

/** The channels alone: the cloud's store and executor stand in for the real ones, which connect to nothing before they are asked. */
async function openStandIns(
  config: Config,
  settings: Readonly<Record<string, ChannelSettings>>,
  variables: Context["variables"],
) {
  const { openApp } = await import("../../wire.ts");
  const channels = Object.fromEntries(
    Object.entries(settings).map(([name, each]) => [name, withStandIns(each, variables)]),
  );
  const app = await openApp(
    {
      ...config,
      url: null,
      pingUrl: null,
      store: { kind: "firestore" },
      executor: "gcp_batch",
      gcp: { ...config.gcp, project: config.gcp.project ?? "not-used" },
      channels,
    },
    { write: () => {}, warn: () => {} },
  );
  return { channels: app.deps.channels, broken: app.deps.brokenChannels, close: app.close };
}
