/** A Mac with Messages and a BlueBubbles server on it, behind the HTTP: its rules in their order, and its quirks. */
import { randomUUID } from "node:crypto";
import {
  authProblem,
  type Body,
  queryProblem,
  type Refused,
  sendError,
  textProblem,
} from "./bluebubbles-rules.ts";

/** How one sending goes, instead of well. */
export type SendScript =
  /** After its two minutes the server has not seen the text, and says so, although it was sent. */
  | "timeout-sent"
  /** The same, and it was not. */
  | "timeout-lost"
  /** Messages shows it as not delivered; the server loses its own words about that. */
  | "error"
  /** No answer, and the text stays in the queue until `release`; it arrives, or not. */
  | "hang-sent"
  | "hang"
  /** The private API has gone since it was asked for. */
  | "private-api-gone"
  /** What osascript says. */
  | { readonly osascript: string };

/** A row of the Messages database, as the API shows it. */
export interface ChatMessage {
  readonly guid: string;
  readonly text: string | null;
  readonly attributedBody?: readonly { readonly string: string }[];
  readonly isFromMe: boolean;
  readonly error: number;
  /** Epoch milliseconds. */
  readonly dateCreated: number;
}

export interface BlueBubblesState {
  password: string;
  privateApi: boolean;
  helper: boolean;
  /** Outgoing texts stand in `attributedBody` only, as since macOS 13. */
  ventura: boolean;
  iMessage: string | null;
  now: () => number;
}

export const CHAT = "iMessage;-;+15551234567";
export const PASSWORD = "s3cr3t pass+word&of/the Mac?";

export class Mac {
  readonly messages: ChatMessage[] = [];
  readonly scripts: SendScript[] = [];
  /** By tempGuid, what is being sent: BlueBubbles' sendCache. */
  readonly sending = new Set<string>();
  readonly state: BlueBubblesState;

  constructor(given: Partial<BlueBubblesState>) {
    this.state = {
      password: PASSWORD,
      privateApi: true,
      helper: true,
      ventura: false,
      iMessage: "lab@example.org",
      now: Date.now,
      ...given,
    };
  }

  /** Authorization, then the route's rules, then what it does. */
  answer(method: string, url: URL, body: Body): Refused | "hang" {
    const problem = authProblem(url.searchParams, this.state.password);
    if (problem) return problem;
    switch (`${method} ${url.pathname}`) {
      case "GET /api/v1/ping":
        return success("Ping received!", "pong");
      case "GET /api/v1/server/info":
        return success("Success", infoOf(this.state));
      case "POST /api/v1/message/text":
        return textProblem(body, this.sending) ?? this.#send(body);
      case "POST /api/v1/message/query":
        return queryProblem(body) ?? this.#query(body);
      default:
        return NOT_FOUND;
    }
  }

  #send(body: Body): Refused | "hang" {
    const script = this.scripts.shift();
    const text = String(body["message"]);
    const refused = this.#refusal(body, script);
    if (refused) return refused;
    switch (script) {
      case "error":
        this.#arrive(text, 22);
        return sendError("[500] Message sent with an error. See attached message");
      case "timeout-sent":
        this.#arrive(text);
        return TIMED_OUT;
      case "timeout-lost":
        return TIMED_OUT;
      case "hang-sent":
      case "hang":
        if (script === "hang-sent") this.#arrive(text);
        this.sending.add(String(body["tempGuid"]));
        return "hang";
      default:
        this.#arrive(text);
        return success("Message sent!", { ...this.messages.at(-1), tempGuid: body["tempGuid"] });
    }
  }

  /** What is refused by the way of sending itself. */
  #refusal(body: Body, script: SendScript | undefined): Refused | null {
    const { privateApi, helper } = this.state;
    const privately = body["method"] === "private-api";
    if (privately && !privateApi) return sendError("iMessage Private API is not enabled!");
    if (privately && (!helper || script === "private-api-gone")) {
      return sendError("iMessage Private API Helper is not connected!");
    }
    if (!privately && String(body["chatGuid"]).startsWith("any;")) {
      return sendError("execution error: Messages got an error: Can't make any into type constant. (-1700)");
    }
    return typeof script === "object" ? sendError(script.osascript) : null;
  }

  #arrive(text: string, error = 0): void {
    const { ventura, now } = this.state;
    const body = ventura ? { text: null, attributedBody: [{ string: text }] } : { text };
    this.messages.push({ guid: randomUUID(), ...body, isFromMe: true, error, dateCreated: now() });
  }

  #query(body: Body): Refused {
    if (body["chatGuid"] !== undefined && body["chatGuid"] !== CHAT) {
      return success(`No chat found with GUID: ${body["chatGuid"]}`, []);
    }
    const {
      after = 0,
      offset = 0,
      limit = 100,
    } = body as { after?: number; offset?: number; limit?: number };
    const withBody = Array.isArray(body["with"]) && body["with"].includes("attributed-body");
    const newestFirst = body["sort"] === "DESC" ? 1 : -1;
    const found = this.messages
      .filter(({ dateCreated }) => dateCreated >= after)
      .toSorted((a, b) => newestFirst * (b.dateCreated - a.dateCreated))
      .slice(offset, offset + limit)
      .map(({ attributedBody, ...rest }) =>
        withBody && attributedBody ? { ...rest, attributedBody } : rest,
      );
    return success("Successfully fetched messages!", found, { offset, limit, count: found.length });
  }
}

const success = (message: string, data: unknown, metadata?: unknown): Refused => ({
  status: 200,
  body: { status: 200, message, data, ...(metadata === undefined ? {} : { metadata }) },
});

const TIMED_OUT = sendError("Failed to send message! See attached message error code.", null);

const NOT_FOUND: Refused = {
  status: 404,
  body: { status: 404, message: "Not Found", error: { type: "Server Error", message: "" } },
};

const infoOf = ({ privateApi, helper, iMessage }: BlueBubblesState): unknown => ({
  computer_id: "lab-mac",
  os_version: "15.5",
  server_version: "1.9.9",
  private_api: privateApi,
  proxy_service: "lan-url",
  helper_connected: helper,
  detected_icloud: iMessage,
  detected_imessage: iMessage,
  macos_time_sync: 0.01,
  local_ipv4s: ["192.168.1.7"],
  local_ipv6s: [],
});
