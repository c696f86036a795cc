import { openImessage } from "../../../src/channels/imessage/channel.ts";
import type { ImessageConfig } from "../../../src/channels/imessage/config.ts";
import type { ChannelRig } from "../../contracts/channel.ts";
import { type BlueBubbles, CHAT, startBlueBubbles } from "../../support/bluebubbles-server.ts";
import { type Imsg, makeImsg } from "../../support/imsg.ts";

export const SEND_MILLISECONDS = 300;

const DEPS = { write: () => {}, allowPrivateUrls: true };
const LIMITS = { sendMilliseconds: SEND_MILLISECONDS, askMilliseconds: SEND_MILLISECONDS };
/** Starting a process takes longer than asking a server. */
const IMSG_LIMITS = { sendMilliseconds: 1_500, askMilliseconds: 5_000 };

/** Every way a password may be spelt that must stand nowhere. */
export const spellings = (password: string): string[] => [
  password,
  encodeURIComponent(password),
  new URLSearchParams({ x: password }).toString().slice(2),
];

export const blueBubblesConfig = (
  server: BlueBubbles,
  fields: Partial<ImessageConfig> = {},
): ImessageConfig => ({
  kind: "imessage",
  bridge: "bluebubbles",
  via: "direct",
  url: server.url,
  password: server.state.password,
  chat: CHAT,
  ...fields,
});

export function openOnServer(server: BlueBubbles, fields: Partial<ImessageConfig> = {}) {
  return openImessage("phone", blueBubblesConfig(server, fields), DEPS, { ...LIMITS, now: server.state.now });
}

export function openOnImsg(imsg: Imsg, fields: Partial<ImessageConfig> = {}, limits = IMSG_LIMITS) {
  const config: ImessageConfig = {
    kind: "imessage",
    bridge: "imsg",
    via: "direct",
    binary: imsg.binary,
    chat: imsg.chat,
    ...fields,
  };
  return openImessage("phone", config, DEPS, limits);
}

export const sendings = (server: BlueBubbles) =>
  server.asked.filter(({ path }) => path === "/api/v1/message/text");

export async function blueBubblesRig(
  arrange: (server: BlueBubbles) => void = () => {},
  fields: Partial<ImessageConfig> = {},
): Promise<ChannelRig & { readonly server: BlueBubbles }> {
  const server = await startBlueBubbles();
  arrange(server);
  return {
    server,
    channel: openOnServer(server, fields),
    arrived: () =>
      `${JSON.stringify(
        sendings(server).map(({ body }) => body),
        null,
        2,
      )}\n`,
    shown: () => server.messages.map(({ text }) => text ?? ""),
    secrets: [...spellings(server.state.password), "+15551234567"],
    close: () => server.close(),
  };
}

export function imsgRig(
  arrange: (imsg: Imsg) => void = () => {},
  fields: Partial<ImessageConfig> = {},
  limits = IMSG_LIMITS,
): ChannelRig & { readonly imsg: Imsg } {
  const imsg = makeImsg();
  arrange(imsg);
  const texts = (): string[] => imsg.state().messages.map(({ text }) => text);
  return {
    imsg,
    channel: openOnImsg(imsg, fields, limits),
    arrived: () => `${texts().join("\n\n")}\n`,
    shown: texts,
    secrets: ["+15551234567"],
    close: async () => imsg.close(),
  };
}
