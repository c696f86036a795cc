import type { Delivery } from "../../ports.ts";
import { strangersWords } from "../strangers-words.ts";
import type { Refusal } from "./imessage-bridge.ts";
import type { RpcAnswer } from "./imsg-rpc.ts";

/** Of JSON-RPC 2.0, as `imsg rpc` uses them (RPCServer+Support.swift). */
const INVALID_PARAMS = -32602;
const INTERNAL_ERROR = -32603;

/** What macOS or Messages refuses before anything is sent, and what mends it. */
const REFUSED: readonly (readonly [RegExp, string])[] = [
  [
    /Full Disk Access|authorization denied|Cannot access Messages database|unable to open database/i,
    "give Full Disk Access to the program that runs the bridge (System Settings, Privacy & Security)",
  ],
  [
    /-1743|not authori[sz]ed/i,
    "allow the program that runs the bridge to control Messages (System Settings, Privacy & Security, Automation)",
  ],
  [/-1728|can.t get (?:chat|buddy|service)/i, "is there such a chat in Messages, and is Messages signed in?"],
];

/** Why nothing can be sent, by a request that sends nothing; null when it was answered well. */
export function imsgRefusal(answer: RpcAnswer, channel: string): Refusal | null {
  if (answer.kind === "result") return null;
  if (answer.kind === "error") return refusedFirst(answer.text, channel) ?? unready(saidOf(answer), channel);
  if (answer.code === "ENOENT" || answer.code === "EACCES") {
    const reason = `imsg could not be started for channel ${channel} (${answer.code}): install it (brew install steipete/tap/imsg), or set binary to where it is`;
    return { kind: "rejected", reason, after_seconds: null };
  }
  return (
    refusedFirst(answer.text, channel) ??
    unready(
      answer.code === "ended"
        ? `imsg ended: ${strangersWords(answer.text)}`
        : `no answer of imsg: ${answer.code}`,
      channel,
    )
  );
}

/** What one sending came to. */
export function imsgSent(answer: RpcAnswer, channel: string): Delivery {
  switch (answer.kind) {
    case "result":
      return isOk(answer.result)
        ? { kind: "delivered" }
        : unsure("imsg gave no answer that it sent the text", channel);
    case "error":
      return ofError(answer, channel);
    case "failure":
      return unsure(
        answer.code === "timeout"
          ? "imsg did not answer in time after it was told to send"
          : "imsg ended while it was sending",
        channel,
      );
    default:
      return answer satisfies never;
  }
}

function ofError(answer: Extract<RpcAnswer, { kind: "error" }>, channel: string): Delivery {
  if (answer.code === INTERNAL_ERROR) {
    return refusedFirst(answer.text, channel) ?? unsure(saidOf(answer), channel);
  }
  const what =
    answer.code === INVALID_PARAMS ? "check the chat" : "is imsg 0.6 or newer? Then check the settings";
  return { kind: "permanent", reason: `${saidOf(answer)}: ${what} of channel ${channel}`, disable: false };
}

function refusedFirst(text: string, channel: string): Refusal | null {
  const found = REFUSED.find(([pattern]) => pattern.test(text));
  if (!found) return null;
  const reason = `imsg could not send for channel ${channel}, "${strangersWords(text)}": ${found[1]}`;
  return { kind: "rejected", reason, after_seconds: null };
}

const unready = (what: string, channel: string): Refusal => ({
  kind: "rejected",
  reason: `${what}, for channel ${channel}. Try "imsg chats" in a terminal on this Mac.`,
  after_seconds: null,
});

const unsure = (what: string, channel: string): Delivery => ({
  kind: "ambiguous",
  reason: `${what}, for channel ${channel}. It may have arrived.`,
});

const isOk = (result: unknown): boolean =>
  typeof result === "object" && result !== null && "ok" in result && result.ok === true;

const saidOf = ({ code, text }: Extract<RpcAnswer, { kind: "error" }>): string =>
  `imsg answered ${code} "${strangersWords(text)}"`;
