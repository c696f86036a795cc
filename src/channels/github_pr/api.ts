import { z } from "zod";
import { Comment, Commit, Content, Made, mayBeOurs, Pull, Put, Ref, Repository } from "./answer-forms.ts";
import type { Answer, Ask } from "./connection.ts";
import { Raced, Refusal, Unfit } from "./refusal.ts";
import { isForGood, isTaken, saysOf } from "./words.ts";

export interface RepositoryFile {
  readonly sha: string;
  readonly text: string;
}

export interface ApiOptions {
  readonly repo: string;
  readonly base: string;
  readonly channel: string;
  readonly ask: Ask;
  /** Of one request. */
  readonly timeoutMilliseconds: number;
  /** `performance.now()` after which nothing is asked any more. */
  readonly endsAt: number;
}

/** Comments that are looked at for our own; a hundred each. */
const MOST_PAGES = 20;

/** The requests of one delivery. Each throws `Refusal`, `Raced` or `Unfit`. */
export class Api {
  readonly #options: ApiOptions;
  readonly #owner: string;
  readonly #name: string;

  constructor(options: ApiOptions) {
    this.#options = options;
    [this.#owner, this.#name] = options.repo.split("/") as [string, string];
  }

  get repo(): string {
    return this.#options.repo;
  }
  get base(): string {
    return this.#options.base;
  }
  get channel(): string {
    return this.#options.channel;
  }

  /** The branch's last commit, or null when there is no such branch. */
  async branch(branch: string): Promise<string | null> {
    const what = `reading branch ${branch} of ${this.repo}`;
    const answer = await this.#ask("GET /repos/{owner}/{repo}/git/ref/{ref}", { ref: `heads/${branch}` });
    if (statusOf(answer) === 404) return null;
    return parsed(Ref, answer, what).object.sha;
  }

  async treeOf(commit: string): Promise<string> {
    const route = "GET /repos/{owner}/{repo}/git/commits/{commit_sha}";
    const answer = await this.#ask(route, { commit_sha: commit });
    return parsed(Commit, answer, `reading commit ${commit.slice(0, 10)} of ${this.repo}`).tree.sha;
  }

  /** The file at a commit, or null when there is none. */
  async file(path: string, commit: string): Promise<RepositoryFile | null> {
    const what = `reading ${path} of ${this.repo}`;
    const answer = await this.#ask("GET /repos/{owner}/{repo}/contents/{path}", { path, ref: commit });
    if (statusOf(answer) === 404) return null;
    const isFolder = answer.kind === "answer" && answer.status === 200 && Array.isArray(answer.data);
    const content = isFolder ? null : parsed(Content, answer, what);
    if (content?.type !== "file")
      throw this.#unfit(`${path} of ${this.repo} is no file: set document or path of channel`);
    // GitHub leaves out the content of files above 1 MiB.
    if (content.encoding !== "base64" || content.content === undefined) throw this.tooLarge(path);
    const text = utf8(Buffer.from(content.content, "base64"));
    if (text === null)
      throw this.#unfit(
        `${path} of ${this.repo} is not UTF-8 text: convert it, or set another document for channel`,
      );
    return { sha: content.sha, text };
  }

  /** What could not be read again after it was written, or was found so. */
  tooLarge(path: string): Unfit {
    return this.#unfit(`${path} of ${this.repo} is larger than 1 MiB: set another document for channel`);
  }

  /** Writes the file on top of the branch, unless it is not the one that was read any more. The commit. */
  async putFile(
    branch: string,
    path: string,
    text: string,
    was: string | null,
    message: string,
  ): Promise<string> {
    const what = `writing ${path} to branch ${branch} of ${this.repo}`;
    const content = Buffer.from(text).toString("base64");
    const sha = was === null ? {} : { sha: was };
    const answer = await this.#ask("PUT /repos/{owner}/{repo}/contents/{path}", {
      path,
      branch,
      message,
      content,
      ...sha,
    });
    const status = statusOf(answer);
    // 404: the branch is gone; 409: it has moved, or the file has changed; 422: the file has come to be.
    if (status === 404 || ((status === 409 || status === 422) && !isForGood(answer)))
      throw new Raced(new Refusal(what, answer));
    return parsed(Put, answer, what).commit.sha;
  }

  /** A new branch with one commit that holds the file: all of it, or nothing. The commit. */
  async createBranch(
    branch: string,
    parent: string,
    path: string,
    text: string,
    message: string,
  ): Promise<string> {
    const what = `creating branch ${branch} of ${this.repo}`;
    const base_tree = await this.treeOf(parent);
    const entry = { path, mode: "100644", type: "blob", content: text };
    const tree = await this.#ask("POST /repos/{owner}/{repo}/git/trees", { base_tree, tree: [entry] });
    const body = { message, tree: parsed(Made, tree, what).sha, parents: [parent] };
    const commit = parsed(Made, await this.#ask("POST /repos/{owner}/{repo}/git/commits", body), what).sha;
    const ref = { ref: `refs/heads/${branch}`, sha: commit };
    const answer = await this.#ask("POST /repos/{owner}/{repo}/git/refs", ref);
    if (statusOf(answer) === 422 && isTaken(answer)) throw new Raced(new Refusal(what, answer));
    parsed(Ref, answer, what);
    return commit;
  }

  /** Null when there is no such pull request. */
  async pull(number: number, beforeWrite = false): Promise<Pull | null> {
    const what = `reading pull request ${number} of ${this.repo}`;
    const route = "GET /repos/{owner}/{repo}/pulls/{pull_number}";
    const answer = await this.#ask(route, { pull_number: number }, beforeWrite);
    return statusOf(answer) === 404 ? null : parsed(Pull, answer, what);
  }

  /** Open and closed ones of the branch, newest first. */
  async pullsOf(branch: string): Promise<Pull[]> {
    return this.#pulls({ state: "all", head: `${this.#owner}:${branch}` });
  }

  /** The same without the filter by head, which finds nothing in some private repositories (create-pull-request#2823). */
  async openPullOf(branch: string): Promise<Pull | null> {
    const label = `${this.#owner}:${branch}`.toLowerCase();
    const pulls = await this.#pulls({ state: "open", base: this.base });
    return pulls.find(({ head }) => head.ref === branch && head.label?.toLowerCase() === label) ?? null;
  }

  async createPull(branch: string, title: string, body: string): Promise<Pull> {
    const what = `creating the pull request of branch ${branch} in ${this.repo}`;
    const fields = { head: branch, base: this.base, title, body };
    const answer = await this.#ask("POST /repos/{owner}/{repo}/pulls", fields);
    // Also a branch that was made a moment ago and is not seen yet.
    const isYoung = /"field":"head"|not resolve to a node/i.test(saysOf(answer));
    if (statusOf(answer) === 422 && (isTaken(answer) || isYoung)) throw new Raced(new Refusal(what, answer));
    return parsed(Pull, answer, what);
  }

  async updatePull(number: number, changes: { title?: string; body?: string }): Promise<void> {
    const what = `updating pull request ${number} of ${this.repo}`;
    const route = "PATCH /repos/{owner}/{repo}/pulls/{pull_number}";
    parsed(Pull, await this.#ask(route, { pull_number: number, ...changes }), what);
  }

  /** Whether one of the pull request's comments begins with this line, and may be ours. */
  async hasComment({ number, user }: Pull, marker: string): Promise<boolean> {
    const what = `reading the comments of pull request ${number} of ${this.repo}`;
    const route = "GET /repos/{owner}/{repo}/issues/{issue_number}/comments";
    for (let page = 1; page <= MOST_PAGES; page++) {
      const answer = await this.#ask(route, { issue_number: number, per_page: 100, page });
      const comments = parsed(z.array(Comment), answer, what);
      const isTold = comments.some((one) => one.body?.trimStart().startsWith(marker) && mayBeOurs(one, user));
      if (isTold) return true;
      if (comments.length < 100) return false;
    }
    return false;
  }

  async comment(number: number, body: string): Promise<void> {
    const what = `commenting on pull request ${number} of ${this.repo}`;
    const route = "POST /repos/{owner}/{repo}/issues/{issue_number}/comments";
    parsed(Comment, await this.#ask(route, { issue_number: number, body }), what, true);
  }

  async repository(): Promise<Repository> {
    return parsed(
      Repository,
      await this.#ask("GET /repos/{owner}/{repo}", {}),
      `reading repository ${this.repo}`,
    );
  }

  async #pulls(filter: Readonly<Record<string, string>>): Promise<Pull[]> {
    const newest = { sort: "created", direction: "desc", per_page: 100 };
    const answer = await this.#ask("GET /repos/{owner}/{repo}/pulls", { ...filter, ...newest });
    return parsed(z.array(Pull), answer, `reading the pull requests of ${this.repo}`);
  }

  async #ask(
    route: string,
    parameters: Readonly<Record<string, unknown>>,
    beforeWrite = false,
  ): Promise<Answer> {
    const left = this.#options.endsAt - performance.now();
    if (left <= 0)
      return { kind: "failure", code: "timeout", text: "the delivery's own time is up", sent: false };
    const where = { owner: this.#owner, repo: this.#name };
    return this.#options.ask(
      route,
      { ...where, ...parameters },
      Math.min(left, this.#options.timeoutMilliseconds),
      beforeWrite,
    );
  }

  #unfit(words: string): Unfit {
    return new Unfit(`${words} ${this.channel}`, { disable: false });
  }
}

const statusOf = (answer: Answer): number | null => (answer.kind === "answer" ? answer.status : null);

function parsed<T>(schema: z.ZodType<T>, answer: Answer, attempted: string, repeats = false): T {
  const isGood = answer.kind === "answer" && answer.status >= 200 && answer.status < 300;
  const read = isGood ? schema.safeParse(answer.data) : null;
  if (!read?.success) throw new Refusal(attempted, answer, repeats);
  return read.data;
}

function utf8(bytes: Buffer): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}
