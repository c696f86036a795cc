import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { count } from "../../core/count.ts";
import type { NoticeEvent } from "../../core/run.ts";
import type { Message } from "../../ports.ts";
import { type Context, printJson, printLines } from "../context.ts";
import { EXIT } from "../failure.ts";
import { readSettings } from "../session.ts";
import { type ChannelPreview, chosenChannels, previewChannels } from "./preview-channels.ts";
import { previewPage } from "./preview-page.ts";
import { previewLines } from "./preview-text.ts";
import { exampleMessage, messageOfRun } from "./previewed-message.ts";

export interface PreviewOptions {
  readonly event?: NoticeEvent;
  readonly run?: string;
  readonly html?: string;
}

/** `bioagent notify preview`: shows what channels would say; sends nothing, needs no secret. */
export async function preview(
  context: Context,
  names: readonly string[],
  options: PreviewOptions,
): Promise<number> {
  const config = await readSettings(context);
  const chosen = chosenChannels(config, names);
  const message =
    options.run === undefined
      ? exampleMessage(options.event)
      : await messageOfRun(context, options.run, options.event);
  const previews = await previewChannels(context, config, chosen, message);
  if (options.html !== undefined) await write(context, options.html, message, previews);
  if (context.json) printJson(context, { event: message.event, channels: previews });
  else if (options.html === undefined) printLines(context, previewLines(previews, context.paint));
  return previews.every((each) => each.preview !== null) ? EXIT.done : EXIT.failed;
}

async function write(
  context: Context,
  file: string,
  message: Message,
  previews: readonly ChannelPreview[],
): Promise<void> {
  const path = resolve(context.cwd, file);
  try {
    await writeFile(path, previewPage(message, previews));
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "it failed";
    throw new Error(`the page could not be written to ${path} (${code}); give --html another file`);
  }
  if (!context.json) context.terminal.out(`${count(previews.length, "channel")} in ${path}\n`);
}
