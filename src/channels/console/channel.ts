import { noticeText } from "../../core/message.ts";
import type { Channel, Delivery, Message } from "../../ports.ts";
import { previewConsole } from "./preview.ts";

export interface ConsoleOptions {
  readonly name: string;
  /** Takes a text that ends in a line break; throws or rejects when nobody reads any more. */
  readonly write: (text: string) => void | Promise<void>;
  /** How long a reader may stand still, milliseconds. */
  readonly timeoutMilliseconds?: number;
}

/** Prints notices. A pipe that broke is worth another try: the next process may have a reader. */
export function openConsole(options: ConsoleOptions): Channel {
  return {
    name: options.name,
    kind: "console",
    recipients: ["console"],
    paceMilliseconds: 0,
    deliver: (message) => print(options, message),
    preview: previewConsole,
  };
}

async function print(options: ConsoleOptions, message: Message): Promise<Delivery> {
  const text = `${noticeText(message.event, message.facts, message)}\n`;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Delivery>((resolve) => {
    const limit = options.timeoutMilliseconds ?? 10_000;
    timer = setTimeout(() => resolve({ kind: "ambiguous", reason: notRead(options.name, limit) }), limit);
  });
  try {
    return await Promise.race([written(options, text), late]);
  } finally {
    clearTimeout(timer);
  }
}

async function written(options: ConsoleOptions, text: string): Promise<Delivery> {
  try {
    await options.write(text);
    return { kind: "delivered" };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? ` (${String(error.code)})` : "";
    return {
      kind: "rejected",
      reason: `Channel ${options.name} could not print the notice${code}: is its output still read?`,
      after_seconds: null,
    };
  }
}

const notRead = (name: string, limit: number): string =>
  `Channel ${name} printed the notice, but nobody read it within ${limit / 1000} s.`;
