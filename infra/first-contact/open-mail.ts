import { isOk } from "./http.ts";
import { short, textAt } from "./json.ts";
import { type Mailbox, openMailbox } from "./mailbox.ts";
import type { PubsubRest } from "./pubsub-rest.ts";
import { type ContactSettings, LABEL } from "./settings.ts";

/** A topic that Batch tells about our jobs, and its messages. */
export interface OpenMail {
  readonly topic: string;
  readonly mailbox: Mailbox;
}

/** Of a run's own topic and of its subscription. */
export const mailName = (runId: string): string => `bioagent-fc-${runId}`;

interface MailParts {
  readonly settings: ContactSettings;
  readonly runId: string;
  readonly signal: AbortSignal;
  readonly emulated: boolean;
  readonly pubsub: PubsubRest;
  readonly say: (line: string) => void;
}

/** Null, with a word about it, when Pub/Sub refuses: what needs it is skipped then. */
export async function openMail(parts: MailParts): Promise<OpenMail | null> {
  const { settings, runId, pubsub, say } = parts;
  const labels = { [LABEL]: runId };
  const name = mailName(runId);
  const topic = settings.topic ?? `projects/${settings.project}/topics/${name}`;
  const subscription = `projects/${settings.project}/subscriptions/${name}`;
  const topicMade = settings.topic === null ? await pubsub.makeTopic(topic, labels) : null;
  const subscribed =
    !topicMade || isOk(topicMade) ? await pubsub.subscribe(subscription, topic, labels) : topicMade;
  if (!isOk(subscribed)) {
    say(`Pub/Sub: ${short(textAt(subscribed.body, "error.message") || `answered ${subscribed.status}`)}`);
    if (topicMade && isOk(topicMade)) await pubsub.remove(topic);
    return null;
  }
  const everyMilliseconds = parts.emulated ? 50 : 2000;
  return {
    topic,
    mailbox: openMailbox({ pubsub, subscription, signal: parts.signal, everyMilliseconds }),
  };
}
