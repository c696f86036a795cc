/** In a remedy: the channel of bioagent.yaml, the Slack channel, how the bot is invited, the missing scope. */
export interface Blanks {
  readonly CHANNEL: string;
  readonly PLACE: string;
  readonly INVITE: string;
  readonly SCOPE: string;
}

const NEW_TOKEN = "copy it again from OAuth & Permissions and set it as bot_token of channel CHANNEL";
const ELSEWHERE = "set the channel of channel CHANNEL to another";
const ASK = `ask an administrator for leave, or ${ELSEWHERE}`;

/**
 * What no message could pass, and what mends it. Words and meanings: docs.slack.dev/reference/methods/chat.postMessage, under Errors.
 */
const REMEDIES: Readonly<Record<string, string>> = {
  not_authed: `the bot_token is empty; ${NEW_TOKEN}`,
  invalid_auth: `the bot_token is wrong, or this address may not use it; ${NEW_TOKEN}`,
  account_inactive: `the bot was removed from the workspace; install the app again, then ${NEW_TOKEN}`,
  token_revoked: `the bot_token was revoked; install the app again, then ${NEW_TOKEN}`,
  token_expired:
    "the bot_token has run out; switch token rotation off for the app and set a new one as bot_token of channel CHANNEL",
  not_allowed_token_type:
    "the bot_token is of another kind; set one that begins with xoxb- as bot_token of channel CHANNEL",
  two_factor_setup_required:
    "the workspace wants two-factor authentication of the app's owner; set that up in Slack",
  missing_scope: "the app lacks the scope SCOPE; add it under OAuth & Permissions and install the app again",
  no_permission: "the app may not post; add the scope chat:write, install the app again, and INVITE in PLACE",
  not_in_channel: "the bot is not in PLACE; invite it: INVITE",
  channel_not_found:
    "there is no PLACE, or it is private and the bot is not in it; set its ID as channel of channel CHANNEL, or invite the bot: INVITE",
  is_archived: `PLACE is archived; unarchive it, or ${ELSEWHERE}`,
  is_inactive: `PLACE is frozen, archived or deleted; ${ELSEWHERE}`,
  restricted_action: `the workspace does not let the bot post in PLACE; ${ASK}`,
  restricted_action_read_only_channel: `PLACE is read-only; ${ASK}`,
  restricted_action_thread_only_channel: `PLACE takes only replies; ${ELSEWHERE}`,
  messages_tab_disabled:
    "the app takes no direct messages; switch its messages tab on under App Home, or set the channel of channel CHANNEL to one",
  ekm_access_denied: `administrators have switched off posting in PLACE; ${ASK}`,
  access_denied: `the bot may not use PLACE; ${ASK}`,
  accesslimited: "the workspace does not take calls from this network; allow its address in Slack",
  enterprise_is_restricted: "the organisation forbids this call; ask its administrator",
  team_access_not_granted: "the app is not granted this workspace; ask the organisation's administrator",
  team_not_found: "an organisation's token needs the channel's ID; set it as channel of channel CHANNEL",
};

/** What mends it, or null when the word does not speak of the whole channel. */
export function remedyFor(word: string, blanks: Blanks): string | null {
  if (!Object.hasOwn(REMEDIES, word)) return null;
  return REMEDIES[word]!.replace(/CHANNEL|PLACE|INVITE|SCOPE/g, (blank) => blanks[blank as keyof Blanks]);
}

/** Whether the remedy tells how to invite the bot, for which its name is worth asking. */
export const wantsInvitation = (word: string): boolean =>
  Object.hasOwn(REMEDIES, word) && REMEDIES[word]!.includes("INVITE");
