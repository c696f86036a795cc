import type { Message, Preview } from "../../ports.ts";
import { imessageText } from "./text.ts";

/** The text message. */
export const previewImessage = async (message: Message): Promise<Preview> => ({
  form: "text",
  text: imessageText(message).text,
});
