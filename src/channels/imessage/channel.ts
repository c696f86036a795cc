import { cutText } from "../../core/message.ts";
import { secondsOf } from "../../core/quantity.ts";
import type { Channel, Delivery } from "../../ports.ts";
import type { ChannelDeps } from "../channel-deps.ts";
import { guardedFetch } from "../guarded-fetch.ts";
import { openBlueBubbles } from "./bluebubbles.ts";
import { concealer } from "./conceal.ts";
import type { ImessageConfig } from "./config.ts";
import type { ImessageBridge, Readiness } from "./imessage-bridge.ts";
import { openImsg } from "./imsg.ts";
import { previewImessage } from "./preview.ts";
import { tell } from "./tell.ts";

export interface ImessageChannel extends Channel {
  /** Whether it could send now, in one line; sends nothing. */
  check(): Promise<{ readonly ok: boolean; readonly text: string }>;
}

/** For tests: clocks and limits of their own. */
export interface ImessageTest {
  readonly now?: () => number;
  readonly sendMilliseconds?: number;
  readonly askMilliseconds?: number;
}

/** One message a second: Messages sends them one after the other anyway. */
const PACE_MILLISECONDS = 1_000;
/** On the Mac itself: AppleScript and the Private API may take two minutes (bluebubbles-server#801, openclaw#67486). */
const PATIENT_SECONDS = 150;
/** Elsewhere: a claim holds for two minutes, and a function is paid by time. What takes longer is ambiguous, and looked for. */
const SHORT_SECONDS = 25;
const MOST_DIRECT_SECONDS = 75;
/** Of a request that sends nothing. With all of them, a delivery stays below the claim's two minutes, or a bridge's four. */
const ASK_MILLISECONDS = { direct: 5_000, bridge: 8_000 };
const MOST_RESPONSE_BYTES = 8 * 2 ** 20;
const MOST_REASON_CHARS = 390;
const OWN_SERVER = "http://127.0.0.1:1234";

/**
 * Into one chat. `via: direct` is told like any channel. `via: bridge` is `pulled`: where this is the bridge, on the Mac, its
 * settings name the program that sends, and it has all the time that Messages may take.
 */
export function openImessage(
  name: string,
  config: ImessageConfig,
  deps: ChannelDeps,
  test: ImessageTest = {},
): ImessageChannel {
  const { chat, password } = config;
  const base = {
    name,
    kind: "imessage",
    recipients: [name],
    paceMilliseconds: PACE_MILLISECONDS,
    preview: previewImessage,
  };
  const lacking = lacks(config);
  if (chat === undefined || lacking !== null) return elsewhere(base, lacking ?? "chat");
  const conceal = concealer({ password, chat });
  const bridge = openBridge({ name, config: { ...config, chat }, deps, test, conceal });
  const teller = { channel: name, bridge, now: test.now ?? Date.now };
  return {
    ...base,
    deliver: async (message) => hide(await tell(teller, message), conceal),
    check: async () => sayReadiness(await bridge.probe(), conceal),
  };
}

/** What a Mac must be told before it can send; nothing of it is wanted in the cloud. */
function lacks({ bridge, chat, password }: ImessageConfig): string | null {
  if (chat === undefined) return "chat";
  return bridge === "bluebubbles" && password === undefined ? "password" : null;
}

function elsewhere(base: Omit<Channel, "deliver">, lacking: string): ImessageChannel {
  const reason = `Channel ${base.name} is told by the Mac where bioagent bridge imessage --channel ${base.name} runs; to send from here it needs ${lacking} in its settings.`;
  return {
    ...base,
    deliver: async () => ({ kind: "permanent", reason, disable: false }),
    check: async () => ({ ok: false, text: reason }),
  };
}

interface BridgeParts {
  readonly name: string;
  readonly config: ImessageConfig & { readonly chat: string };
  readonly deps: ChannelDeps;
  readonly test: ImessageTest;
  readonly conceal: (text: string) => string;
}

function openBridge({ name: channel, config, deps, test, conceal }: BridgeParts): ImessageBridge {
  const { chat, binary = "imsg", url = OWN_SERVER, password = "" } = config;
  const askMilliseconds = test.askMilliseconds ?? ASK_MILLISECONDS[config.via];
  const sendMilliseconds = test.sendMilliseconds ?? sendSeconds(config) * 1000;
  const limits = { channel, chat, askMilliseconds, sendMilliseconds, conceal };
  if (config.bridge === "imsg") return openImsg({ ...limits, binary });
  const fetch =
    deps.fetch ??
    guardedFetch({
      allowPrivateUrls: deps.allowPrivateUrls || (config.via === "bridge" && isLoopback(url)),
      timeoutMilliseconds: Math.max(askMilliseconds, sendMilliseconds),
      maxResponseBytes: MOST_RESPONSE_BYTES,
    });
  return openBlueBubbles({ ...limits, via: config.via, server: { url, password, fetch, conceal } });
}

function sendSeconds({ via, send_timeout }: ImessageConfig): number {
  const given = send_timeout === undefined ? null : secondsOf(send_timeout);
  if (via === "bridge") return Math.min(given ?? PATIENT_SECONDS, PATIENT_SECONDS);
  return Math.min(given ?? SHORT_SECONDS, MOST_DIRECT_SECONDS);
}

/** The Mac's own server: no other machine sees the password on its way. */
const isLoopback = (url: string): boolean =>
  /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(URL.parse(url)?.hostname ?? "");

const hide = (delivery: Delivery, conceal: (text: string) => string): Delivery =>
  delivery.kind === "delivered"
    ? delivery
    : { ...delivery, reason: cutText(conceal(delivery.reason), MOST_REASON_CHARS) };

function sayReadiness(
  readiness: Readiness,
  conceal: (text: string) => string,
): { ok: boolean; text: string } {
  if (readiness.kind === "unready") return { ok: false, text: conceal(readiness.delivery.reason) };
  return { ok: true, text: conceal([readiness.says, ...readiness.warnings].join("; ")) };
}
