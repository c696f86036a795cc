/** Stands for the `imsg` program: `imsg rpc` as docs/rpc.md of steipete/imsg has it, over a file instead of the Messages database. */
import { readFileSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import type { ImsgState } from "./imsg.ts";

const [path = "", command] = process.argv.slice(2);
const read = (): ImsgState => JSON.parse(readFileSync(path, "utf8")) as ImsgState;
const write = (state: ImsgState): void => writeFileSync(path, JSON.stringify(state));

type Params = Readonly<Record<string, unknown>>;

class RpcError extends Error {
  readonly code: number;
  readonly data: string;
  constructor(code: number, message: string, data: string) {
    super(message);
    this.code = code;
    this.data = data;
  }
}
const invalid = (data: string): RpcError => new RpcError(-32602, "Invalid params", data);
const internal = (data: string): RpcError => new RpcError(-32603, "Internal error", data);

const HANG = Symbol("hang");

function send(params: Params): unknown {
  const state = read();
  const fault = state.faults.shift();
  write(state);
  const { text = "", to = "", chat_guid = "", service = "auto" } = params as Record<string, string>;
  if (!["auto", "imessage", "sms"].includes(service)) throw invalid("invalid service");
  if (to && chat_guid) throw invalid("use to or chat_*; not both");
  if (!to && !chat_guid) throw invalid("to is required for direct sends");
  if (!text) throw invalid("text or file is required");
  if (fault === "not-authorized") {
    throw internal("AppleScript failed: Not authorized to send Apple events to Messages.");
  }
  if (fault === "old") throw new RpcError(-32601, "Method not found", "send");
  if (fault === "script-error")
    throw internal("AppleScript failed: Messages got an error: AppleEvent timed out.");
  const address = chat_guid.split(";").at(-1) || to;
  const chat = state.chats.find(
    ({ guid, identifier }) => guid === chat_guid || (to !== "" && identifier === address),
  );
  if (!chat) throw internal(`AppleScript failed: Messages got an error: Can’t get chat id "${chat_guid}".`);
  const sent = fault === undefined || fault === "noise" || fault.endsWith("-sent") || fault === "not-ok";
  if (sent) {
    const created_at = new Date().toISOString();
    state.messages.push({
      id: state.messages.length + 1,
      chat_id: chat.id,
      text,
      is_from_me: true,
      created_at,
    });
    write(state);
  }
  if (fault === "die" || fault === "die-sent") process.exit(139);
  if (fault === "hang" || fault === "hang-sent") return HANG;
  if (fault === "noise")
    process.stdout.write('warming up\n{"jsonrpc":"2.0","method":"message","params":{}}\n');
  return fault === "not-ok" ? {} : { ok: true };
}

function history({
  chat_id,
  limit = 50,
  start,
}: {
  chat_id?: number;
  limit?: number;
  start?: string;
}): unknown {
  if (chat_id === undefined) throw invalid("chat_id is required");
  if (start !== undefined && Number.isNaN(Date.parse(start)))
    throw internal(`Invalid ISO8601 date: ${start}`);
  const messages = read()
    .messages.filter((each) => each.chat_id === chat_id && (start === undefined || each.created_at >= start))
    .toReversed()
    .slice(0, limit);
  return { messages };
}

function result(method: string, params: Params): unknown {
  switch (method) {
    case "chats.list":
      return { chats: read().chats.slice(0, Number(params["limit"] ?? 20)) };
    case "messages.history":
      return history(params);
    case "send":
      return send(params);
    default:
      throw new RpcError(-32601, "Method not found", method);
  }
}

/** A line without an end. */
function flood(): void {
  process.stdout.write("a".repeat(2 ** 20), flood);
}

function main(): void {
  if (command !== "rpc") process.exit(64);
  const state = read();
  if (state.start === "no-access") {
    process.stderr.write(
      "authorization denied (code: 23)\n\n⚠️  Permission Error: Cannot access Messages database\n",
    );
    process.exit(1);
  }
  if (state.start === "crash") process.exit(134);
  if (state.start === "flood") return flood();
  createInterface({ input: process.stdin }).on("line", (line) => {
    const { id, method, params } = JSON.parse(line) as { id: string; method: string; params: Params };
    if (state.start === "mute") return;
    try {
      const answer = result(method, params);
      if (answer !== HANG)
        process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", id, result: answer })}\n`);
    } catch (error) {
      const { code, message, data } = error as RpcError;
      process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", id, error: { code, message, data } })}\n`);
    }
  });
}

main();
