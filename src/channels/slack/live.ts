import { endsRun, noticeParts } from "../../core/message.ts";
import { isFinalRun } from "../../core/status.ts";
import type { Delivery, Kept, Message, RunView } from "../../ports.ts";
import type { Place } from "./api-outcome.ts";
import { boardParts, newsParts } from "./board.ts";
import { type Bot, editMessage, postMessage, reply, type Sent } from "./bot.ts";
import { afterEdit, editAgain, editLater, hasWaited, isEditOnly, isEndTold } from "./edit-later.ts";
import { payloadOf, type SlackPayload, slackPayload } from "./payload.ts";
import { badJobs, keepTold, readTold, settled, type Told } from "./told.ts";

/**
 * One message per run, kept up to date, and its thread. An edit notifies nobody, so what people must hear of is a reply; an end, a
 * wait and a standstill are shown in the channel too. Each delivery makes at most one post, after its edit: what is kept is never
 * more than one post behind.
 */
export async function deliverLive(bot: Bot, message: Message): Promise<Delivery> {
  const view = await viewOf(message);
  if (view === null && message.event === "run.progress") return { kind: "delivered" };
  const at = placeIn(message.kept, bot.slackChannel);
  if (at === null) return begin(bot, message, view);
  const edited = await edit(bot, at, message, view);
  if (isEditOnly(message)) return afterEdit(edited, message);
  switch (edited.kind) {
    case "done":
      return tell(bot, at, message, view);
    case "gone":
      // One that goes on is enough: a workspace that closes messages to edits after a minute would get one each minute.
      return isShown(message) && message.kept["continues"] === true
        ? tell(bot, at, message, view)
        : begin(bot, message, view);
    case "stuck":
      return isHeard(message) && hasWaited(edited, message)
        ? editLater(edited, message, await tell(bot, at, message, view))
        : editAgain(edited);
    case "permanent":
      return isHeard(message) && !edited.disable ? tell(bot, at, message, view) : edited;
    case "rejected":
    case "ambiguous":
      return edited;
    default:
      return edited satisfies never;
  }
}

/** The message is of its own, whatever is known of a run. */
export async function deliverPost(bot: Bot, message: Message): Promise<Delivery> {
  const sent = await postMessage(bot, slackPayload(message));
  return deliveryOf(sent);
}

/** Who cannot read the run still tells what the notice says. */
async function viewOf(message: Message): Promise<RunView | null> {
  try {
    return await message.view();
  } catch {
    return null;
  }
}

/** Where the run's message stands; null when there is none, or when it stands in a channel that is not the configured one any more. */
function placeIn(kept: Kept, slackChannel: string): Place | null {
  const { to, channel, ts } = kept;
  const isThere = to === slackChannel || channel === slackChannel;
  return isThere && typeof channel === "string" && typeof ts === "string" ? { channel, ts } : null;
}

/** Events that are told by the state of the run alone. */
const isShown = ({ event }: Message): boolean =>
  event === "run.started" || event === "run.progress" || event === "job.skipped";

/** Events of which people hear by a post. */
const isHeard = (message: Message): boolean => !isShown(message);

/** Posts the message that is kept up to date from now on: the run as it is, or what the notice says when that must be heard. */
async function begin(bot: Bot, message: Message, view: RunView | null): Promise<Delivery> {
  const { event, possible_repeat } = message;
  const shown = view !== null && isShown(message);
  const continues = shown && event !== "run.started";
  const payload = shown
    ? payloadOf(boardParts(view, event, { possible_repeat, continues }))
    : slackPayload(message);
  const sent = await postMessage(bot, payload);
  if (sent.kind !== "done") return deliveryOf(sent);
  if (sent.place === null) return { kind: "delivered" };
  const told = shown ? keepTold(settled(readTold({}, view.run.round), badJobs(view).keys())) : {};
  return { kind: "delivered", keep: { to: bot.slackChannel, ...sent.place, continues, ...told } };
}

/** Without the run there is only the notice to show, and that is told in the thread. */
async function edit(bot: Bot, at: Place, message: Message, view: RunView | null): Promise<Sent> {
  const { event, facts, kept } = message;
  if (view === null && !endsRun(message.event)) return { kind: "done", place: at };
  const parts =
    view === null
      ? noticeParts(event, facts, { possible_repeat: false, test: false })
      : boardParts(view, event, { possible_repeat: false, continues: kept["continues"] === true });
  return editMessage(bot, at, payloadOf(parts));
}

/** What the edit does not tell anybody. */
async function tell(bot: Bot, at: Place, message: Message, view: RunView | null): Promise<Delivery> {
  switch (message.event) {
    case "run.completed":
    case "run.failed":
    case "run.cancelled":
    case "run.stalled":
    case "run.waiting":
      return sayInThread(bot, at, slackPayload(message), true);
    case "job.retried":
      return sayInThread(bot, at, slackPayload(message), false);
    case "run.started":
      // The first round's start is the message itself.
      return message.round > 1 ? sayInThread(bot, at, slackPayload(message), false) : { kind: "delivered" };
    case "job.skipped":
    case "run.progress":
      return view === null
        ? sayInThread(bot, at, slackPayload(message), false)
        : tellNews(bot, at, message, view);
    default:
      return message.event satisfies never;
  }
}

/** In the thread; in the channel where there can be no thread. */
async function sayInThread(
  bot: Bot,
  at: Place,
  payload: SlackPayload,
  broadcast: boolean,
): Promise<Delivery> {
  const replied = await reply(bot, at, payload, broadcast);
  const sent = replied.kind === "gone" ? await postMessage(bot, payload) : replied;
  return deliveryOf(sent);
}

/** Jobs that ended badly are told once each, in two steps: written down in one delivery, told in the next, a second later. */
async function tellNews(bot: Bot, at: Place, message: Message, view: RunView): Promise<Delivery> {
  // The end has told them, and only its edit is still to come.
  if (isFinalRun(view.run.status) && isEndTold(message)) return { kind: "delivered" };
  const told = readTold(message.kept, view.run.round);
  const bad = badJobs(view);
  if (told.telling_for !== message.notice_id || told.telling.size === 0)
    return announce(message, told, bad.keys());
  const news = [...told.telling].flatMap((place) => bad.get(place) ?? []);
  const keep = keepTold(settled(told, told.telling));
  if (news.length === 0) return { kind: "delivered", keep };
  const parts = newsParts(view, news, told.in_doubt);
  const delivery = await sayInThread(bot, at, payloadOf(parts), false);
  switch (delivery.kind) {
    case "delivered":
    case "ambiguous":
      // Progress that may have arrived is not told again.
      return { ...delivery, keep };
    case "permanent":
      return { ...delivery, keep: keepTold(settled(told, [])) };
    case "rejected":
      return delivery;
    default:
      return delivery satisfies never;
  }
}

function announce(message: Message, told: Told, bad: Iterable<number>): Delivery {
  const telling = new Set([...bad].filter((place) => !told.told.has(place)));
  if (telling.size === 0) return { kind: "delivered" };
  const in_doubt = told.in_doubt || [...told.telling].some((place) => telling.has(place));
  return {
    kind: "rejected",
    reason: `The message of ${message.facts.run_id.slice(0, 128)} is up to date; its thread hears of ${telling.size} failed or skipped next`,
    after_seconds: 1,
    alone: true,
    keep: keepTold({ ...told, telling, telling_for: message.notice_id, in_doubt }),
  };
}

/** What a post came to. That a message which is only being posted is gone, or cannot be edited, is Slack's affair, and tried again. */
function deliveryOf(sent: Sent): Delivery {
  switch (sent.kind) {
    case "gone":
    case "stuck":
      return { kind: "rejected", reason: sent.reason, after_seconds: null };
    case "done":
      return { kind: "delivered" };
    default:
      return sent;
  }
}
