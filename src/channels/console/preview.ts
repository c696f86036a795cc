import { noticeText } from "../../core/message.ts";
import type { Message, Preview } from "../../ports.ts";

/** What would be printed. */
export const previewConsole = async (message: Message): Promise<Preview> => ({
  form: "text",
  text: noticeText(message.event, message.facts, message),
});
