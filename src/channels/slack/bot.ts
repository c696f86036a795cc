import { type CallOutcome, callOutcome, type Place } from "./api-outcome.ts";
import { wantsInvitation } from "./api-remedies.ts";
import { inReadableForm } from "./forms.ts";
import type { SlackPayload } from "./payload.ts";
import { type ApiAnswer, call, type Method, type WebApi } from "./web-api.ts";

export interface Bot {
  /** Of the channel in bioagent.yaml. */
  readonly name: string;
  /** As configured: an ID, or a name. */
  readonly slackChannel: string;
  readonly api: WebApi;
}

export type Sent = Exclude<CallOutcome, { kind: "unreadable" }>;

/** Posts a message of its own. */
export const postMessage = (bot: Bot, payload: SlackPayload): Promise<Sent> =>
  inReadableForm<Sent>(
    (form) => send(bot, "chat.postMessage", { channel: bot.slackChannel, ...form }),
    payload,
    bot.name,
  );

/** Replies in a message's thread; `broadcast` shows the reply in the channel too. `gone` where there can be no reply. */
export const reply = (bot: Bot, to: Place, payload: SlackPayload, broadcast: boolean): Promise<Sent> =>
  inReadableForm<Sent>(
    (form) =>
      send(bot, "chat.postMessage", {
        channel: to.channel,
        thread_ts: to.ts,
        ...(broadcast ? { reply_broadcast: true } : {}),
        ...form,
      }),
    payload,
    bot.name,
  );

/** Replaces a message. Text and blocks always go together: what is left out stays, or not, as it pleases Slack. */
export const editMessage = (bot: Bot, at: Place, payload: SlackPayload): Promise<Sent> =>
  inReadableForm<Sent>(
    ({ text, blocks = [] }) =>
      // `parse` is `client` by default here, unlike for a post: names would become links.
      send(bot, "chat.update", { channel: at.channel, ts: at.ts, text, blocks, parse: "none" }),
    payload,
    bot.name,
  );

async function send(bot: Bot, method: Method, payload: Record<string, unknown>): Promise<CallOutcome> {
  const { name, slackChannel, api } = bot;
  const answer = await call(api, method, payload);
  const invitation = asksForInvitation(answer, method) ? await invitationOf(api) : "";
  return callOutcome(answer, { method, name, slackChannel, invitation, isReply: "thread_ts" in payload });
}

const asksForInvitation = (answer: ApiAnswer, method: Method): boolean =>
  method === "chat.postMessage" && answer.kind === "error" && wantsInvitation(answer.word);

/** `/invite @bioagent`; Slack knows what the bot is called there. */
async function invitationOf(api: WebApi): Promise<string> {
  const answer = await call(api, "auth.test");
  const user = answer.kind === "ok" ? answer.user : null;
  return user !== null && /^[\w.-]{1,80}$/.test(user) ? `/invite @${user}` : "/invite @ and the app's name";
}
