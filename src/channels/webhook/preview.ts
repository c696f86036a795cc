import type { Message, Preview } from "../../ports.ts";
import { cloudEvent, DEFAULT_SOURCE } from "./cloud-event.ts";
import type { WebhookConfig } from "./config.ts";

/** The body of the request, spread over lines. What signs it stands in its headers. */
export async function previewWebhook(
  message: Message,
  { source = DEFAULT_SOURCE }: Pick<WebhookConfig, "source">,
): Promise<Preview> {
  const event = cloudEvent(message, { source, time: message.created_at });
  return { form: "json", text: JSON.stringify(event, null, 2) };
}
