import http from "node:http";
import { text as readText } from "node:stream/consumers";
import { answerOf, answerProblems, type GithubCall, operationOf, requestProblems } from "./github-openapi.ts";
import { type GithubRepository, makeGithubRepository } from "./github-repository.ts";
import { type GithubState, type Judged, judge } from "./github-rules.ts";
import { onLoopback } from "./loopback.ts";

/** What the server does with a request instead of judging it. */
export type GithubScript =
  | { readonly status: number; readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> }
  /** Takes the request, does nothing, and says nothing. */
  | "hang"
  /** Takes the request, does nothing, and resets the connection. */
  | "reset"
  /** Does what is asked, then resets the connection: the answer is lost. */
  | "lost";

export interface GithubReceived {
  readonly id: string;
  readonly body: unknown;
  /** Null when it was not answered. */
  readonly status: number | null;
}

export interface GithubServer {
  readonly apiUrl: string;
  readonly token: string;
  readonly repository: GithubRepository;
  readonly state: GithubState;
  readonly received: readonly GithubReceived[];
  /** Where requests or our own answers break GitHub's description. */
  readonly violations: readonly string[];
  /** What happens to the next requests of this operation (`*`: of any), in order; afterwards they are judged again. */
  script(operation: string, ...answers: readonly GithubScript[]): void;
  /** Done once, just before the next request of this operation is judged. */
  before(operation: string, action: () => void): void;
  close(): Promise<void>;
}

export const GITHUB_TOKEN = "github_pat_s3cr3tT0kenOfTheLab00";

/** GitHub's REST API on loopback, over a real bare repository, `lab/results`. Close it at the end. */
export async function startGithubServer(options: { empty?: boolean } = {}): Promise<GithubServer> {
  const repository = makeGithubRepository(options);
  const state: GithubState = { pulls: [], comments: [], archived: false, token: GITHUB_TOKEN };
  const received: GithubReceived[] = [];
  const violations: string[] = [];
  const scripts: { operation: string; answer: GithubScript }[] = [];
  const actions: { operation: string; action: () => void }[] = [];

  const take = <T extends { operation: string }>(list: T[], id: string): T | undefined => {
    const at = list.findIndex(({ operation }) => operation === id || operation === "*");
    return at < 0 ? undefined : list.splice(at, 1)[0];
  };

  const server = http.createServer(async (request, response) => {
    const raw = await readText(request);
    const url = new URL(request.url ?? "/", "http://github.example");
    const call = operationOf(request.method ?? "", url);
    const body: unknown = raw === "" ? null : JSON.parse(raw);
    if (call === null) {
      violations.push(`no operation: ${request.method} ${url.pathname}`);
      return answer(response, { status: 404, body: { message: "Not Found" } });
    }
    for (const problem of requestProblems(call, url.searchParams, body))
      violations.push(`${call.id}: ${problem}`);
    take(actions, call.id)?.action();
    const script = take(scripts, call.id)?.answer;
    if (script === "hang" || script === "reset") {
      received.push({ id: call.id, body, status: null });
      return script === "reset" ? void response.socket?.resetAndDestroy() : undefined;
    }
    const reply =
      typeof script === "object" ? script : judged(call, url, body, request.headers.authorization);
    received.push({ id: call.id, body, status: script === "lost" ? null : reply.status });
    if (script === "lost") return void response.socket?.resetAndDestroy();
    answer(response, reply);
  });

  function judged(call: GithubCall, url: URL, body: unknown, authorization: string | undefined): Judged {
    const given = {
      call,
      query: url.searchParams,
      body: (body ?? {}) as Record<string, unknown>,
      authorization,
    };
    const { status, body: values } = judge(repository, state, given);
    const whole = status < 300 ? answerOf(call, status, values) : values;
    for (const problem of answerProblems(call, status, whole))
      violations.push(`answer to ${call.id}: ${problem}`);
    return { status, body: whole };
  }

  const { url, close } = await onLoopback(server);
  return {
    apiUrl: url,
    token: GITHUB_TOKEN,
    repository,
    state,
    received,
    violations,
    script: (operation, ...answers) =>
      void scripts.push(...answers.map((each) => ({ operation, answer: each }))),
    before: (operation, action) => void actions.push({ operation, action }),
    close: async () => {
      await close();
      repository.remove();
    },
  };
}

function answer(
  response: http.ServerResponse,
  { status, body, headers }: Exclude<GithubScript, string>,
): void {
  const isText = typeof body === "string";
  response.writeHead(status, {
    "content-type": isText ? "text/html; charset=utf-8" : "application/json; charset=utf-8",
    ...headers,
  });
  response.end(isText ? body : body === undefined ? "" : JSON.stringify(body));
}
