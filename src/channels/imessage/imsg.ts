import { z } from "zod";
import type { Delivery } from "../../ports.ts";
import type { ImessageBridge, Look, OutgoingText, OwnText, Readiness } from "./imessage-bridge.ts";
import { imsgRefusal, imsgSent } from "./imsg-outcome.ts";
import { openRpc, type RpcSession } from "./imsg-rpc.ts";

export interface ImsgOptions {
  readonly channel: string;
  /** The program, by name or path. */
  readonly binary: string;
  /** A chat's GUID, or a person: a number or an e-mail address. */
  readonly chat: string;
  readonly sendMilliseconds: number;
  /** Of a request that sends nothing. */
  readonly askMilliseconds: number;
  /** Takes the chat's address out of what the program says, before anything is cut. */
  readonly conceal: (text: string) => string;
}

/**
 * The `imsg` program of this Mac, through `imsg rpc` rather than `imsg send --json`: only rpc can list what was sent, which is
 * what a repeat needs to know, and a text on stdin stands in no process list. One process for each doing: nothing is kept alive.
 */
export function openImsg(options: ImsgOptions): ImessageBridge {
  return {
    probe: () => inSession(options, (session) => probe(options, session)),
    send: (outgoing) => inSession(options, (session) => send(options, session, outgoing)),
    find: (own) => inSession(options, (session) => find(options, session, own)),
  };
}

async function inSession<T>(
  { binary, conceal }: ImsgOptions,
  use: (session: RpcSession) => Promise<T>,
): Promise<T> {
  const session = openRpc(binary);
  const request: RpcSession["request"] = async (...asked) => {
    const answer = await session.request(...asked);
    return answer.kind === "result" ? answer : { ...answer, text: conceal(answer.text) };
  };
  try {
    return await use({ ...session, request });
  } finally {
    session.close();
  }
}

/** Chats that are looked through for the configured one. */
const MOST_CHATS = 1_000;

const Chats = z.object({
  chats: z.array(z.object({ id: z.number(), identifier: z.string().nullish(), guid: z.string().nullish() })),
});
const Messages = z.object({
  messages: z.array(z.object({ text: z.string().nullish(), is_from_me: z.boolean().nullish() })),
});

async function probe({ channel, askMilliseconds }: ImsgOptions, session: RpcSession): Promise<Readiness> {
  const answer = await session.request("chats.list", { limit: 1 }, askMilliseconds);
  const delivery = imsgRefusal(answer, channel);
  if (delivery !== null) return { kind: "unready", delivery };
  return { kind: "ready", says: "imsg, sending by AppleScript", warnings: [] };
}

/** The same process answers a harmless question first: what fails then has certainly sent nothing. */
async function send(options: ImsgOptions, session: RpcSession, { text }: OutgoingText): Promise<Delivery> {
  const ready = await probe(options, session);
  if (ready.kind === "unready") return ready.delivery;
  const { chat, channel, sendMilliseconds } = options;
  const target = chat.includes(";") ? { chat_guid: chat } : { to: chat, service: "imessage" };
  return imsgSent(await session.request("send", { ...target, text }, sendMilliseconds), channel);
}

const PAGE = 200;
/** No chat is asked for after so many times the limit of one request. */
const PATIENCE = 2;
/** Times of the Messages database are the Mac's own; ours may differ by so much. */
const CLOCKS_MILLISECONDS = 120_000;

async function find(options: ImsgOptions, session: RpcSession, { isOwn, since }: OwnText): Promise<Look> {
  const chats = await chatsOf(options, session);
  if (typeof chats === "string") return { kind: "unknown", reason: chats };
  if (chats.length === 0) {
    return { kind: "unknown", reason: `imsg knows no such chat, for channel ${options.channel}` };
  }
  const start = new Date(Math.max(0, since - CLOCKS_MILLISECONDS)).toISOString();
  const until = performance.now() + PATIENCE * options.askMilliseconds;
  let all = true;
  for (const chat_id of chats) {
    const answer = await session.request(
      "messages.history",
      { chat_id, limit: PAGE, start },
      options.askMilliseconds,
    );
    const read = answer.kind === "result" ? Messages.safeParse(answer.result) : null;
    if (!read?.success) return { kind: "unknown", reason: "imsg could not list what was sent" };
    const { messages } = read.data;
    if (messages.some(({ text, is_from_me }) => is_from_me === true && isOwn(text ?? "")))
      return { kind: "found" };
    all &&= messages.length < PAGE && performance.now() < until;
    if (!all) break;
  }
  return all
    ? { kind: "absent" }
    : { kind: "unknown", reason: "there are too many newer messages in the chat" };
}

/** One person may have several chats: iMessage and SMS, before and after an update of macOS. Or why they are not known. */
async function chatsOf(
  { chat, askMilliseconds }: ImsgOptions,
  session: RpcSession,
): Promise<number[] | string> {
  const answer = await session.request("chats.list", { limit: MOST_CHATS }, askMilliseconds);
  const read = answer.kind === "result" ? Chats.safeParse(answer.result) : null;
  if (!read?.success) return "imsg could not list the chats";
  const address = chat.split(";").at(-1);
  return read.data.chats
    .filter(
      ({ guid, identifier }) =>
        guid === chat || identifier === address || guid?.split(";").at(-1) === address,
    )
    .map(({ id }) => id);
}
