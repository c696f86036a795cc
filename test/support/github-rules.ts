import type { GithubCall } from "./github-openapi.ts";
import type { GithubRepository } from "./github-repository.ts";

export interface GithubPull {
  readonly number: number;
  title: string;
  body: string | null;
  state: "open" | "closed";
  readonly head: string;
  base: string;
}

export interface GithubComment {
  readonly pull: number;
  body: string;
  readonly login: string;
}

/** Whose token it is: somebody without an association with the repository, as an app has none. */
const OURS = { login: "lab-results", type: "User" };

/** What of `lab/results` is not in git. Tests may change it as a person would. */
export interface GithubState {
  readonly pulls: GithubPull[];
  readonly comments: GithubComment[];
  archived: boolean;
  token: string;
}

export interface Judged {
  readonly status: number;
  readonly body: unknown;
}

interface Given {
  readonly call: GithubCall;
  readonly query: URLSearchParams;
  readonly body: Readonly<Record<string, unknown>>;
  readonly authorization: string | undefined;
}

interface Scene extends Given {
  readonly repository: GithubRepository;
  readonly state: GithubState;
}

/** Code points of a body; GitHub refuses more. */
const MOST_BODY = 65_536;

/** What GitHub does with a request, and its words where it refuses. */
export function judge(repository: GithubRepository, state: GithubState, given: Given): Judged {
  if (given.authorization !== `token ${state.token}`) return refused(401, "Bad credentials");
  const { owner, repo } = given.call.parameters;
  if (`${owner}/${repo}` !== "lab/results") return NOT_FOUND;
  closeOrphans(repository, state);
  const operation = OPERATIONS[given.call.id]!;
  if (state.archived && !/^(?:repos\/get|git\/get-|pulls\/(?:list|get)|issues\/list)/.test(given.call.id))
    return refused(403, "Repository was archived so is read-only.");
  return operation({ ...given, repository, state });
}

/** A pull request whose branch is deleted is closed. */
function closeOrphans(repository: GithubRepository, { pulls }: GithubState): void {
  for (const pull of pulls) if (repository.head(pull.head) === null) pull.state = "closed";
}

const refused = (status: number, message: string, errors?: readonly unknown[]): Judged => ({
  status,
  body: { message, documentation_url: "https://docs.github.com/rest", ...(errors ? { errors } : {}) },
});
const NOT_FOUND = refused(404, "Not Found");
const EMPTY = refused(409, "Git Repository is empty.");
const invalid = (...errors: readonly unknown[]): Judged => refused(422, "Validation Failed", errors);
const pullError = (message: string) => ({ resource: "PullRequest", code: "custom", message });

const OPERATIONS: Readonly<Record<string, (scene: Scene) => Judged>> = {
  "repos/get": ({ state }) => ({
    status: 200,
    body: { name: "results", full_name: "lab/results", default_branch: "main", archived: state.archived },
  }),
  "git/get-ref": ({ repository, call }) => {
    if (repository.branches().length === 0) return EMPTY;
    const head = repository.head(call.parameters["ref"]!.replace(/^heads\//, ""));
    return head === null ? NOT_FOUND : { status: 200, body: refBody(call.parameters["ref"]!, head) };
  },
  "git/get-commit": ({ repository, call }) => {
    const sha = call.parameters["commit_sha"]!;
    const tree = repository.treeOf(sha);
    return tree === null ? NOT_FOUND : { status: 200, body: { sha, tree: { sha: tree } } };
  },
  "git/create-tree": ({ repository, body }) => {
    const [entry] = body["tree"] as { path: string; content: string }[];
    const tree = repository.tree(String(body["base_tree"]), entry!.path, Buffer.from(entry!.content));
    return tree === null ? NOT_FOUND : { status: 201, body: { sha: tree } };
  },
  "git/create-commit": ({ repository, body }) => {
    const parents = body["parents"] as string[];
    if (![String(body["tree"]), ...parents].every(repository.has))
      return refused(422, "Tree SHA does not exist");
    const sha = repository.commit(String(body["tree"]), parents, String(body["message"]));
    return { status: 201, body: { sha, tree: { sha: body["tree"] } } };
  },
  "git/create-ref": ({ repository, body }) => {
    const [ref, sha] = [String(body["ref"]), String(body["sha"])];
    const branch = ref.replace(/^refs\/heads\//, "");
    if (!repository.has(sha)) return refused(422, "Object does not exist");
    if (repository.head(branch) !== null) return refused(422, "Reference already exists");
    if (!repository.move(branch, null, sha)) return refused(422, "Reference update failed");
    return { status: 201, body: refBody(ref, sha) };
  },
  "repos/get-content": getContent,
  "repos/create-or-update-file-contents": putContent,
  "pulls/list": ({ state, query }) => {
    const head = query.get("head");
    const found = state.pulls.filter(
      (pull) =>
        (query.get("state") === "all" || pull.state === (query.get("state") ?? "open")) &&
        (head === null || head === `lab:${pull.head}`) &&
        (query.get("base") ?? pull.base) === pull.base,
    );
    return { status: 200, body: found.toReversed().map(pullBody) };
  },
  "pulls/get": ({ state, call }) => {
    const pull = state.pulls.find(({ number }) => String(number) === call.parameters["pull_number"]);
    return pull ? { status: 200, body: pullBody(pull) } : NOT_FOUND;
  },
  "pulls/create": createPull,
  "pulls/update": ({ state, call, body }) => {
    const pull = state.pulls.find(({ number }) => String(number) === call.parameters["pull_number"]);
    if (!pull) return NOT_FOUND;
    if (tooLong(body["body"])) return TOO_LONG;
    if (typeof body["title"] === "string") pull.title = body["title"];
    if (typeof body["body"] === "string") pull.body = body["body"];
    return { status: 200, body: pullBody(pull) };
  },
  "issues/list-comments": ({ state, call, query }) => {
    const number = Number(call.parameters["issue_number"]);
    const size = Number(query.get("per_page") ?? 30);
    const from = (Number(query.get("page") ?? 1) - 1) * size;
    const comments = state.comments.filter(({ pull }) => pull === number).slice(from, from + size);
    const whole = comments.map(({ body, login }, at) => ({
      ...{ id: from + at + 1, body, author_association: "NONE" },
      user: { ...OURS, login },
    }));
    return { status: 200, body: whole };
  },
  "issues/create-comment": ({ state, call, body }) => {
    if (tooLong(body["body"])) return TOO_LONG;
    const pull = Number(call.parameters["issue_number"]);
    state.comments.push({ pull, body: String(body["body"]), login: OURS.login });
    return { status: 201, body: { id: state.comments.length, body: body["body"] } };
  },
};

const refBody = (ref: string, sha: string) => ({
  ref: ref.startsWith("refs/") ? ref : `refs/${ref}`,
  object: { type: "commit", sha },
});

const pullBody = ({ number, title, body, state, head, base }: GithubPull) => ({
  number,
  title,
  body,
  state,
  html_url: `https://github.com/lab/results/pull/${number}`,
  user: OURS,
  head: { ref: head, label: `lab:${head}` },
  base: { ref: base, label: `lab:${base}` },
});

const tooLong = (body: unknown): boolean => typeof body === "string" && [...body].length > MOST_BODY;
const TOO_LONG = invalid({
  resource: "Issue",
  code: "custom",
  field: "body",
  message: "body is too long (maximum is 65536 characters)",
});

/** Files above 1 MiB come without their content. */
const MOST_CONTENT_BYTES = 2 ** 20;

function getContent({ repository, call, query }: Scene): Judged {
  const [file, ref] = [call.parameters["path"]!, query.get("ref") ?? "main"];
  const commit = repository.head(ref) ?? (repository.treeOf(ref) === null ? null : ref);
  if (commit === null) return refused(404, `No commit found for the ref ${ref}`);
  const entry = repository.entry(commit, file);
  if (entry === null) return NOT_FOUND;
  if (entry.type === "tree") return { status: 200, body: [] };
  const content = repository.blob(entry.sha);
  const isLarge = content.length > MOST_CONTENT_BYTES;
  return {
    status: 200,
    body: {
      type: "file",
      encoding: isLarge ? "none" : "base64",
      size: content.length,
      name: file.split("/").at(-1),
      path: file,
      content: isLarge ? "" : content.toString("base64").replaceAll(/.{60}/g, "$&\n"),
      sha: entry.sha,
      url: "https://api.github.example/",
      git_url: null,
      html_url: null,
      download_url: null,
      _links: { git: null, html: null, self: "https://api.github.example/" },
    },
  };
}

function putContent({ repository, call, body }: Scene): Judged {
  const [file, branch] = [call.parameters["path"]!, String(body["branch"])];
  const head = repository.head(branch);
  if (head === null) return refused(404, `Branch ${branch} not found`);
  const was = repository.entry(head, file);
  if (was && body["sha"] === undefined) return refused(422, 'Invalid request.\n\n"sha" wasn\'t supplied.');
  if (body["sha"] !== undefined && was?.sha !== body["sha"])
    return refused(409, `${file} does not match ${body["sha"]}`);
  const tree = repository.tree(head, file, Buffer.from(String(body["content"]), "base64"))!;
  const sha = repository.commit(tree, [head], String(body["message"]));
  if (!repository.move(branch, head, sha))
    return refused(409, `is at ${repository.head(branch)} but expected ${head}`);
  return { status: was ? 200 : 201, body: { content: {}, commit: { sha } } };
}

function createPull({ repository, state, body }: Scene): Judged {
  const [head, base] = [String(body["head"]), String(body["base"])];
  for (const [field, branch] of Object.entries({ base, head })) {
    if (repository.head(branch) === null) return invalid({ resource: "PullRequest", field, code: "invalid" });
  }
  if (state.pulls.some((pull) => pull.head === head && pull.base === base && pull.state === "open"))
    return invalid(pullError(`A pull request already exists for lab:${head}.`));
  if (repository.ahead(base, head) === 0) return invalid(pullError(`No commits between ${base} and ${head}`));
  if (tooLong(body["body"])) return TOO_LONG;
  const pull: GithubPull = {
    number: state.pulls.length + 1,
    title: String(body["title"]),
    body: String(body["body"] ?? ""),
    state: "open",
    head,
    base,
  };
  state.pulls.push(pull);
  return { status: 201, body: pullBody(pull) };
}
