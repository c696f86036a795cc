import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { z } from "zod";

/** What came of one request to `imsg rpc`. */
export type RpcAnswer =
  | { readonly kind: "result"; readonly result: unknown }
  | { readonly kind: "error"; readonly code: number; readonly text: string }
  /** No answer: `timeout`, `ended`, or the system's code where the program could not be started. */
  | { readonly kind: "failure"; readonly code: string; readonly text: string };

export interface RpcSession {
  request(
    method: string,
    params: Readonly<Record<string, unknown>>,
    milliseconds: number,
  ): Promise<RpcAnswer>;
  /** Ends the program. */
  close(): void;
}

const Response = z.object({
  id: z.union([z.string(), z.number()]),
  result: z.unknown().optional(),
  error: z.object({ code: z.number(), message: z.string(), data: z.unknown().optional() }).optional(),
});

const MOST_STDERR_CHARS = 2_000;

/**
 * One `imsg rpc` process: JSON-RPC 2.0, a line each, over its own stdin and stdout (docs/rpc.md of steipete/imsg). No text
 * stands in a process list, and one process can be asked whether it works before it is asked to send.
 */
export function openRpc(binary: string): RpcSession {
  const child = spawn(binary, ["rpc"], { stdio: ["pipe", "pipe", "pipe"] });
  const waiting = new Map<string, (answer: RpcAnswer) => void>();
  let over: RpcAnswer | null = null;
  let stderr = "";
  let last = 0;

  const end = (answer: RpcAnswer): void => {
    over ??= answer;
    for (const settle of waiting.values()) settle(over);
    waiting.clear();
  };
  child.on("error", (error: NodeJS.ErrnoException) =>
    end({ kind: "failure", code: error.code ?? "unknown", text: "" }),
  );
  child.on("close", (code) =>
    end({ kind: "failure", code: "ended", text: firstLine(stderr) || `exit ${code}` }),
  );
  child.stdin.on("error", () => {}); // a program that ends without reading is told of by `close`
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr = (stderr + text).slice(0, MOST_STDERR_CHARS);
  });
  const answered = (id: string, answer: RpcAnswer): void => {
    waiting.get(id)?.(answer);
    waiting.delete(id);
  };
  readLines(child, {
    onLine: (line) => readLine(line, answered),
    onTooLong: () => {
      end({ kind: "failure", code: "ended", text: "it said no end of one line" });
      child.kill("SIGKILL");
    },
  });

  return {
    request(method, params, milliseconds) {
      if (over) return Promise.resolve(over);
      const id = String(++last);
      return new Promise((resolve) => {
        const timer = setTimeout(() => {
          waiting.delete(id);
          resolve({ kind: "failure", code: "timeout", text: "" });
        }, milliseconds);
        waiting.set(id, (answer) => {
          clearTimeout(timer);
          resolve(answer);
        });
        child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`);
      });
    },
    close() {
      child.stdin.end();
      child.kill("SIGKILL");
    },
  };
}

/** Hundreds of messages are some hundred kilobytes. */
const MOST_LINE_CHARS = 16 * 2 ** 20;

function readLines(
  child: ChildProcessWithoutNullStreams,
  { onLine, onTooLong }: { onLine: (line: string) => void; onTooLong: () => void },
): void {
  let rest = "";
  child.stdout.on("end", () => onLine(rest));
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    const [first, ...more] = text.split("\n");
    rest += first;
    for (const next of more) {
      onLine(rest);
      rest = next;
    }
    if (rest.length <= MOST_LINE_CHARS) return;
    rest = "";
    onTooLong();
  });
}

function readLine(line: string, onAnswer: (id: string, answer: RpcAnswer) => void): void {
  const read = Response.safeParse(parsed(line));
  // Notifications and stray output are nobody's answer.
  if (!read.success) return;
  const { id, result, error } = read.data;
  if (error === undefined) onAnswer(String(id), { kind: "result", result });
  else onAnswer(String(id), { kind: "error", code: error.code, text: textOf(error) });
}

const textOf = ({ message, data }: { message: string; data?: unknown }): string =>
  typeof data === "string" ? `${message}: ${data}` : message;

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

const firstLine = (text: string): string =>
  text
    .split("\n")
    .map((line) => line.trim())
    .find(Boolean) ?? "";
