import type { Channel, Delivery, Message } from "../ports.ts";
import { nameSources } from "./name-sources.ts";
import { type ChannelSettings, hasReference, type Resolved, SECRET_MANAGER } from "./secrets.ts";

/** Smallest time between two messages while the channel's own is not known, milliseconds: what Slack asks for. */
const PACE = 1000;
/** A channel whose secret cannot be read is tried again after so long, seconds. */
const AGAIN = 300;

/** Whether any text of the settings names a secret of Secret Manager. */
export function usesSecretManager(value: unknown): boolean {
  if (typeof value === "string") return value.startsWith(SECRET_MANAGER);
  return typeof value === "object" && value !== null && Object.values(value).some(usesSecretManager);
}

export interface SecretChannelParts {
  readonly name: string;
  readonly settings: ChannelSettings;
  /** What is known of the channel before its secrets are. */
  readonly traits?: Pick<Channel, "follows" | "pulled" | "fallback">;
  /** Reads `sm://...`; its errors are sentences without a secret. */
  readonly readSecret: (reference: string) => Promise<string>;
  /** Opens the channel with its secrets in place. */
  readonly open: (settings: ChannelSettings) => Resolved<Channel>;
}

/**
 * A channel that fetches its secrets when there is something to tell, so that functions which tell nothing need no access to them. One
 * whose secret cannot be read refuses with the reason, and is tried again.
 */
export function secretChannel({ name, settings, traits, readSecret, open }: SecretChannelParts): Channel {
  let last: { readonly key: string; readonly channel: Channel } | null = null;
  const channel = async (): Promise<Channel | string> => {
    let filled: ChannelSettings;
    try {
      filled = (await fill(settings, readSecret)) as ChannelSettings;
    } catch (error) {
      return `channel ${name} (${settings.kind}): ${error instanceof Error ? error.message : error}`;
    }
    const key = JSON.stringify(filled);
    if (last?.key === key) return last.channel;
    const opened = open(filled);
    if (opened.kind === "unusable") return opened.reason;
    last = { key, channel: opened.value };
    return opened.value;
  };
  return {
    ...traits,
    name,
    kind: settings.kind,
    get recipients() {
      return last?.channel.recipients ?? recipientsIn(settings) ?? [name];
    },
    get paceMilliseconds() {
      return last?.channel.paceMilliseconds ?? PACE;
    },
    async deliver(message, recipient): Promise<Delivery> {
      const ready = await channel();
      if (typeof ready === "string") return { kind: "rejected", reason: ready, after_seconds: AGAIN };
      const isForAll = recipient === name && !ready.recipients.includes(name);
      if (isForAll && !message.test) return nowForEach(name);
      const told = await (isForAll ? testEach(ready, message) : ready.deliver(message, recipient));
      return nameSources(told, name, settings);
    },
  };
}

/** It was addressed to the channel before it was known whom that reaches; the next look makes one notice for each of them. */
const nowForEach = (name: string): Delivery => ({
  kind: "rejected",
  reason: `channel ${name}: whom it reaches is known only now`,
  after_seconds: 1,
  alone: true,
});

/** Whoever asked for a test looks at one notice: that tells all, or says the first refusal. */
async function testEach({ recipients, deliver }: Channel, message: Message): Promise<Delivery> {
  for (const recipient of recipients) {
    const told = await deliver(message, recipient);
    if (told.kind !== "delivered") return told;
  }
  return { kind: "delivered" };
}

/** Addresses are no secrets: whom an e-mail reaches is known before it can be sent, if it stands there. */
function recipientsIn({ to }: ChannelSettings): string[] | null {
  const isList = Array.isArray(to) && to.length > 0 && to.every((each) => typeof each === "string");
  return isList && !hasReference(to) ? (to as string[]) : null;
}

async function fill(value: unknown, read: (reference: string) => Promise<string>): Promise<unknown> {
  if (typeof value === "string") return value.startsWith(SECRET_MANAGER) ? read(value) : value;
  if (Array.isArray(value)) return Promise.all(value.map((inner) => fill(inner, read)));
  if (typeof value !== "object" || value === null) return value;
  const entries = await Promise.all(
    Object.entries(value).map(async ([key, inner]) => [key, await fill(inner, read)] as const),
  );
  return Object.fromEntries(entries);
}
