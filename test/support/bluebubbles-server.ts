import http from "node:http";
import { text as readText } from "node:stream/consumers";
import { type BlueBubblesState, type ChatMessage, Mac, type SendScript } from "./bluebubbles-mac.ts";
import type { Body, Refused } from "./bluebubbles-rules.ts";
import { onLoopback } from "./loopback.ts";

export { CHAT, PASSWORD, type SendScript } from "./bluebubbles-mac.ts";

/** How the next request of any kind is answered by something in between. */
export type Interference =
  | { readonly status: number; readonly body?: string; readonly headers?: Readonly<Record<string, string>> }
  | "hang"
  | "reset"
  | "half";

export interface Asked {
  readonly path: string;
  /** The whole target, password and all. */
  readonly target: string;
  readonly body: Body;
  readonly status: number | null;
}

export interface BlueBubbles {
  readonly url: string;
  readonly state: BlueBubblesState;
  readonly asked: readonly Asked[];
  readonly messages: ChatMessage[];
  /** What the next sendings come to, in order. */
  script(...scripts: readonly SendScript[]): void;
  /** What the next requests to a path come to, in order. */
  interfere(path: string, ...answers: readonly Interference[]): void;
  /** Ends what hangs: nothing is in the queue any more. */
  release(): void;
  close(): Promise<void>;
}

/** BlueBubbles' side of `/api/v1`, on loopback. Close it at the end. */
export async function startBlueBubbles(given: Partial<BlueBubblesState> = {}): Promise<BlueBubbles> {
  const mac = new Mac(given);
  const asked: Asked[] = [];
  const interference = new Map<string, Interference[]>();
  const server = http.createServer(async (request, response) => {
    const body = parsed(await readText(request));
    const url = new URL(request.url ?? "/", "http://x");
    const between = interference.get(url.pathname.replace("/api/v1", ""))?.shift();
    const answer = between ?? mac.answer(request.method ?? "GET", url, body);
    const status = typeof answer === "string" ? null : answer.status;
    asked.push({ path: url.pathname, target: request.url ?? "", body, status });
    reply(response, answer);
  });
  const { url, close } = await onLoopback(server);

  return {
    url,
    state: mac.state,
    asked,
    messages: mac.messages,
    script: (...more) => void mac.scripts.push(...more),
    interfere: (path, ...answers) =>
      void interference.set(path, [...(interference.get(path) ?? []), ...answers]),
    release: () => mac.sending.clear(),
    close,
  };
}

function reply(response: http.ServerResponse, answer: Refused | Interference): void {
  if (answer === "hang") return;
  if (answer === "reset") return void response.socket?.resetAndDestroy();
  if (answer === "half") {
    response.writeHead(200, { "content-length": "100" });
    response.write("{", () => response.socket?.resetAndDestroy());
    return;
  }
  const { status, body } = answer;
  const type = typeof body === "object" ? "application/json" : "text/html";
  const headers = "headers" in answer ? answer.headers : {};
  response.writeHead(status, { "content-type": type, ...headers });
  response.end(typeof body === "object" ? JSON.stringify(body) : (body ?? ""));
}

function parsed(text: string): Body {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Body) : {};
  } catch {
    return {};
  }
}
