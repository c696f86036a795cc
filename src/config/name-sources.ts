import type { Delivery } from "../ports.ts";
import { type ChannelSettings, referencesIn } from "./secrets.ts";

/**
 * What a channel answers, with where a setting comes from that must be changed: `webhook_url of channel lab (SLACK_WEBHOOK_URL)`. Only
 * the configuration knows; a channel is given values.
 */
export function nameSources(outcome: Delivery, name: string, settings: ChannelSettings): Delivery {
  if (outcome.kind === "delivered") return outcome;
  const reason = Object.entries(settings).reduce((said, [key, value]) => {
    const from = referencesIn(value).join(", ");
    return from === "" ? said : said.replace(mentionOf(key, name), (mention) => `${mention} (${from})`);
  }, outcome.reason);
  return { ...outcome, reason };
}

/** As the channels' remedies put it, unless its source stands there already. */
const mentionOf = (key: string, name: string): RegExp =>
  new RegExp(`\\b${key} of channel ${name}(?![\\w-]| \\()`);
