import { z } from "zod";
import type { Delivery } from "../../ports.ts";
import { type Answer, type BlueBubblesServer, call } from "./bluebubbles-call.ts";
import { type Asker, lacksPrivateApi, refusalOf, sentOf } from "./bluebubbles-outcome.ts";
import type { ImessageBridge, Look, OutgoingText, OwnText, Readiness } from "./imessage-bridge.ts";

export interface BlueBubblesOptions extends Asker {
  readonly server: BlueBubblesServer;
  /** `iMessage;-;+15551234567`. */
  readonly chat: string;
  readonly sendMilliseconds: number;
  /** Of a request that sends nothing. */
  readonly askMilliseconds: number;
}

/** `GET /server/info`. Only the Private API's fields decide anything. */
const ServerInfo = z.object({
  private_api: z.boolean().nullish(),
  helper_connected: z.boolean().nullish(),
  server_version: z.string().nullish(),
  os_version: z.string().nullish(),
  detected_imessage: z.string().nullish(),
});
type ServerInfo = z.infer<typeof ServerInfo>;

type Asked = { readonly kind: "info"; readonly info: ServerInfo } | Extract<Readiness, { kind: "unready" }>;

/** BlueBubbles' REST API as server 1.9.9 speaks it: packages/server/src/server/api/http/api/v1. */
export function openBlueBubbles(options: BlueBubblesOptions): ImessageBridge {
  return {
    probe: async () => {
      const asked = await askInfo(options);
      return asked.kind === "unready" ? asked : readinessOf(asked.info, await lookForChat(options));
    },
    send: (outgoing) => send(options, outgoing),
    find: (own) => find(options, own),
  };
}

async function askInfo(options: BlueBubblesOptions): Promise<Asked> {
  const { server, channel, askMilliseconds } = options;
  const answer = await call(server, { path: "/server/info", timeoutMilliseconds: askMilliseconds });
  const delivery = refusalOf(answer, options);
  if (delivery !== null) return { kind: "unready", delivery };
  const info = answer.kind === "answer" ? ServerInfo.safeParse(answer.envelope?.data) : null;
  if (info?.success) return { kind: "info", info: info.data };
  const reason = `BlueBubbles described itself in no known form for channel ${channel}: is the url its own, and its version 1.9?`;
  return { kind: "unready", delivery: { kind: "rejected", reason, after_seconds: null } };
}

const hasPrivateApi = (info: ServerInfo): boolean =>
  info.private_api === true && info.helper_connected === true;

/** No text is looked for: what is said of the chat itself. A person who was never written to has none yet. */
const lookForChat = (options: BlueBubblesOptions): Promise<Look> =>
  find(options, { isOwn: () => false, since: Date.now() });

function readinessOf(info: ServerInfo, chat: Look): Readiness {
  const way = hasPrivateApi(info) ? "by the Private API" : "by AppleScript";
  const warnings = [
    ...(info.private_api && !info.helper_connected
      ? [
          "the Private API is on, but its helper is not connected: restart Messages, or see BlueBubbles' notes on SIP",
        ]
      : []),
    ...(info.detected_imessage ? [] : ["no iMessage account is seen: is Messages signed in?"]),
    ...(chat.kind === "unknown" ? [`what was sent could not be looked for: ${chat.reason}`] : []),
  ];
  const says = `BlueBubbles ${info.server_version ?? "of an unknown version"} on macOS ${info.os_version ?? "?"}, sending ${way}`;
  return { kind: "ready", says, warnings };
}

/** It is asked first what it has: a method that it lacks would cost two minutes, and a private one may have gone since. */
async function send(options: BlueBubblesOptions, outgoing: OutgoingText): Promise<Delivery> {
  const asked = await askInfo(options);
  if (asked.kind === "unready") return asked.delivery;
  const method = hasPrivateApi(asked.info) ? "private-api" : "apple-script";
  const began = performance.now();
  const first = await post(options, outgoing, method);
  const sendMilliseconds = Math.max(1, options.sendMilliseconds - (performance.now() - began));
  const answer = lacksPrivateApi(first)
    ? await post({ ...options, sendMilliseconds: Math.ceil(sendMilliseconds) }, outgoing, "apple-script")
    : first;
  return sentOf(answer, options);
}

const post = (
  { server, chat, sendMilliseconds }: BlueBubblesOptions,
  { text, tempGuid }: OutgoingText,
  method: "private-api" | "apple-script",
): Promise<Answer> =>
  call(server, {
    path: "/message/text",
    body: { chatGuid: chat, tempGuid, message: text, method },
    timeoutMilliseconds: sendMilliseconds,
  });

/** Messages of one page, and pages that are looked through; the server gives at most 1,000 at once. */
const PAGE = 100;
const MOST_PAGES = 5;
/** No page is begun after so many times the limit of one request. */
const PATIENCE = 2;
/** The Mac's clock and ours may differ by so much. */
const CLOCKS_MILLISECONDS = 120_000;

const SentMessage = z.object({
  text: z.string().nullish(),
  isFromMe: z.boolean().nullish(),
  error: z.number().nullish(),
  /** Since Ventura the text of what was sent may stand only here. */
  attributedBody: z.array(z.object({ string: z.string().nullish() })).nullish(),
});
const Page = z.array(SentMessage);

/** The chat goes by another GUID there, so nothing was looked through. */
const NO_CHAT = { kind: "no_chat" } as const;
type ChatLook = Look | typeof NO_CHAT;

/** Looks through the chat under each GUID that it may have; what is not known of one is not known of all. */
async function find(options: BlueBubblesOptions, own: OwnText): Promise<Look> {
  const until = performance.now() + PATIENCE * options.askMilliseconds;
  const looks: ChatLook[] = [];
  for (const chat of guidsOf(options.chat)) {
    const look = await findIn({ ...options, chat }, own, until);
    if (look.kind === "found") return look;
    looks.push(look);
  }
  const looked = looks.filter((look) => look.kind !== "no_chat");
  const reason = `BlueBubbles knows no such chat, for channel ${options.channel}`;
  return looked.find(({ kind }) => kind === "unknown") ?? looked[0] ?? { kind: "unknown", reason };
}

/** macOS 26 has given every chat another: `any;-;...` instead of `iMessage;-;...` (bluebubbles-server#777). */
function guidsOf(chat: string): string[] {
  const rest = chat.slice(chat.indexOf(";"));
  return [...new Set([chat, `any${rest}`, `iMessage${rest}`])];
}

/** Own texts are compared here: the server's own search does not see outgoing ones since Ventura (`messageRouter.ts`). */
async function findIn(
  options: BlueBubblesOptions,
  { isOwn, since }: OwnText,
  until: number,
): Promise<ChatLook> {
  for (let page = 0; page < MOST_PAGES && performance.now() < until; page++) {
    const answer = await query(options, Math.max(0, since - CLOCKS_MILLISECONDS), page * PAGE);
    if (lacksChat(answer)) return NO_CHAT;
    const messages = pageOf(answer, options);
    if ("kind" in messages) return messages;
    if (messages.some((message) => wasSent(message) && isOwn(textOf(message)))) return { kind: "found" };
    if (messages.length < PAGE) return { kind: "absent" };
  }
  return { kind: "unknown", reason: "there are too many newer messages in the chat" };
}

/**
 * 200 with no messages and these words; server 1.9.9 makes that answer and does not send it (`messageRouter.ts`, no `.send()`), so that
 * Koa's own 404 comes, a plain text.
 */
const lacksChat = (answer: Answer): boolean =>
  answer.kind === "answer" &&
  ((answer.status === 404 && answer.envelope === null) ||
    /^No chat found/i.test(answer.envelope?.message ?? ""));

const query = (
  { server, chat, askMilliseconds }: BlueBubblesOptions,
  after: number,
  offset: number,
): Promise<Answer> =>
  call(server, {
    path: "/message/query",
    body: { chatGuid: chat, after, limit: PAGE, offset, sort: "DESC", with: ["attributed-body"] },
    timeoutMilliseconds: askMilliseconds,
  });

function pageOf(answer: Answer, asker: Asker): z.infer<typeof Page> | Extract<Look, { kind: "unknown" }> {
  const unknown = (reason: string) => ({ kind: "unknown" as const, reason });
  const refusal = refusalOf(answer, asker);
  if (refusal !== null || answer.kind === "failure") return unknown(refusal?.reason ?? "no answer");
  const page = Page.safeParse(answer.envelope?.data);
  return page.success ? page.data : unknown("BlueBubbles listed messages in no known form");
}

/** One that Messages shows as "Not Delivered" has an error. */
const wasSent = ({ isFromMe, error }: z.infer<typeof SentMessage>): boolean => isFromMe === true && !error;

const textOf = ({ text, attributedBody }: z.infer<typeof SentMessage>): string =>
  text || (attributedBody?.find((part) => part.string)?.string ?? "");
