import assert from "node:assert/strict";
import { test } from "node:test";
import type { Channel } from "../../../src/ports.ts";
import {
  type ChannelFault,
  type ChannelRig,
  HTTP_STATUSES,
  type StatusSweep,
  testChannel,
} from "../../contracts/channel.ts";
import { hasGit } from "../../support/github-repository.ts";
import { type GithubScript, type GithubServer, startGithubServer } from "../../support/github-server.ts";
import { needs } from "../../support/require.ts";
import { blockIn, fileAt, type Opening, openOn } from "./rig.ts";

/** For a server that says nothing; far above what the others need. */
const TIMEOUT_MILLISECONDS = 2_000;

/** As text, whatever is in it: what of the answers the golden file keeps. */
function arrived(server: GithubServer): string {
  const { repository, state } = server;
  const branches = repository.branches().filter((branch) => branch !== "main");
  const parts = branches.flatMap((branch) => [
    `branch ${branch}`,
    ...repository.messages("main", branch).map((message) => `commit ${message}`),
    ...filesOf(server, branch).map((file) => `file ${file}\n\n${fileAt(server, branch, file)}`),
  ]);
  const pulls = state.pulls.map(
    ({ number, title, body, head, base }) =>
      `pull request ${number}, ${head} into ${base}: ${title}\n\n${body}`,
  );
  const comments = state.comments.map(({ pull, body }) => `comment on ${pull}\n\n${body}`);
  return [...parts, ...pulls, ...comments].join("\n========\n");
}

const filesOf = ({ repository }: GithubServer, branch: string): string[] =>
  [
    `results/${branch.slice("results/".length).replace(/^(\w+)-(\d{4}-\d\d-\d\d)-(\d+)$/, "$2_$1_$3")}/results.md`,
  ].filter((file) => repository.entry(repository.head(branch)!, file) !== null);

function rigOf(server: GithubServer, opening: Opening = {}): ChannelRig {
  const channel = openOn(server, { ...opening, times: { timeoutMilliseconds: TIMEOUT_MILLISECONDS } });
  return {
    channel: withoutKeeping(channel),
    arrived: () => arrived(server),
    // The body is what the run is, not a message; below it is held to the comment.
    shown: () => server.state.comments.map(({ body }) => blockIn(body)),
    secrets: [server.token, server.token.slice(11)],
    close: async () => {
      await server.close();
      assert.deepEqual(server.violations, []);
    },
  };
}

/** The suite holds deliveries against exact values; what is kept has tests of its own. */
const withoutKeeping = (channel: Channel): Channel => ({
  ...channel,
  deliver: async (message, recipient) => {
    const { keep: _keep, ...delivery } = await channel.deliver({ ...message, kept: {} }, recipient);
    return delivery;
  },
});

const rejected = { kind: "rejected", after_seconds: null } as const;
const broken = { kind: "permanent", disable: true } as const;
const unfit = { kind: "permanent", disable: false } as const;
const says = (message: string, ...errors: unknown[]) => ({
  message,
  documentation_url: "https://docs.github.com/rest",
  errors,
});

/** A fault that the server plays for requests of one operation. */
function played(
  name: string,
  operation: string,
  script: GithubScript | readonly GithubScript[],
  expected: ChannelFault["expected"],
  words?: RegExp,
): ChannelFault {
  const arrange = async (): Promise<ChannelRig> => {
    const server = await startGithubServer();
    server.script(operation, ...([script].flat() as GithubScript[]));
    return rigOf(server);
  };
  return { name, arrange, expected, ...(words ? { says: words } : {}) };
}

/** For what is arranged in the repository alone, with the usual settings. */
function changed(change: () => unknown): undefined {
  change();
}

function arranged(
  name: string,
  change: (server: GithubServer) => Opening | undefined,
  expected: ChannelFault["expected"],
  words: RegExp,
  options: { empty?: boolean } = {},
): ChannelFault {
  const arrange = async (): Promise<ChannelRig> => {
    const server = await startGithubServer(options);
    return rigOf(server, change(server) ?? {});
  };
  return { name, arrange, expected, says: words };
}

const hour = Math.floor(Date.parse("2026-02-27T10:00:00Z") / 1000);
const SECONDARY = says(
  "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
);

const faults: ChannelFault[] = [
  // Whose fault it is: the token's.
  arranged(
    "a wrong token",
    ({ state }) => changed(() => Object.assign(state, { token: "another" })),
    broken,
    /401 "Bad credentials".*create a new one.*token of channel results/,
  ),
  played(
    "a token that may not write contents",
    "git/create-tree",
    { status: 403, body: says("Resource not accessible by personal access token") },
    broken,
    /Contents: write and Pull requests: write/,
  ),
  played(
    "a token that may not see that it may not write",
    "git/create-tree",
    { status: 404, body: says("Not Found") },
    broken,
    /check repo and token/,
  ),
  played(
    "a token that may not open pull requests",
    "pulls/create",
    { status: 403, body: says("Resource not accessible by integration") },
    broken,
    /Pull requests: write/,
  ),
  played(
    "Actions may not open pull requests",
    "pulls/create",
    { status: 403, body: says("GitHub Actions is not permitted to create or approve pull requests.") },
    broken,
    /allow GitHub Actions to create pull requests/,
  ),
  played(
    "a token without single sign-on",
    "pulls/list",
    {
      status: 403,
      body: says(
        "Resource protected by organization SAML enforcement. You must grant your Personal Access token access to this organization.",
      ),
    },
    broken,
    /single sign-on/,
  ),
  // The repository's.
  arranged(
    "another repository",
    () => ({ settings: { repo: "lab/nowhere" } }),
    broken,
    /404 "Not Found" when reading the pull requests of lab\/nowhere.*check repo and token/,
  ),
  arranged(
    "no such base branch",
    () => ({ settings: { base: "trunk" } }),
    broken,
    /no branch trunk: set base of channel results.*main/,
  ),
  arranged(
    "an archived repository",
    ({ state }) => changed(() => Object.assign(state, { archived: true })),
    broken,
    /archived.*unarchive/,
  ),
  arranged("an empty repository", () => {}, broken, /first commit/, { empty: true }),
  played(
    "a moved repository",
    "pulls/list",
    {
      status: 301,
      body: says("Moved Permanently"),
      headers: { location: "https://api.github.com/repositories/1/pulls" },
    },
    broken,
    /301.*has moved/,
  ),
  played(
    "a rule against such branches",
    "git/create-ref",
    {
      status: 422,
      body: says("Repository rule violations found\n\nCannot create ref due to creations being restricted."),
    },
    unfit,
    /exempt branches results/,
  ),
  arranged(
    "a branch named results",
    ({ repository }) => changed(() => repository.move("results", null, repository.head("main"))),
    unfit,
    /rename that one/,
  ),
  played(
    "a locked conversation",
    "issues/create-comment",
    { status: 403, body: says("Unable to create comment because issue is locked.") },
    unfit,
    /unlock/,
  ),
  played(
    "410",
    "issues/create-comment",
    { status: 410, body: says("Issues are disabled for this repo") },
    broken,
  ),
  played(
    "422 to the pull request",
    "pulls/create",
    {
      status: 422,
      body: says("Validation Failed", { resource: "PullRequest", field: "base", code: "invalid" }),
    },
    unfit,
    /set base/,
  ),
  played(
    "no commits between",
    "pulls/create",
    {
      status: 422,
      body: says("Validation Failed", {
        resource: "PullRequest",
        code: "custom",
        message: "No commits between main and results/x",
      }),
    },
    unfit,
    /nothing that base lacks/,
  ),
  arranged(
    "somebody else's branch",
    ({ repository }) => changed(() => repository.push("results/rnaseq-2026-02-27-001", "x.txt", "x")),
    unfit,
    /is not this run's.*Delete or rename/,
  ),
  // The pace.
  played(
    "a secondary limit with Retry-After",
    "git/create-tree",
    { status: 403, body: SECONDARY, headers: { "retry-after": "7" } },
    { kind: "rejected", after_seconds: 7 },
    /rate limit/,
  ),
  played(
    "a secondary limit as 429",
    "pulls/create",
    { status: 429, body: SECONDARY, headers: { "retry-after": "90" } },
    { kind: "rejected", after_seconds: 90 },
    /429/,
  ),
  played(
    "a secondary limit without any number",
    "issues/create-comment",
    { status: 403, body: SECONDARY },
    { kind: "rejected", after_seconds: 60 },
  ),
  played(
    "a primary limit",
    "pulls/list",
    {
      status: 403,
      body: says("API rate limit exceeded for user ID 1."),
      headers: {
        "x-ratelimit-remaining": "0",
        "x-ratelimit-reset": String(hour + 600),
        date: "Fri, 27 Feb 2026 10:00:00 GMT",
      },
    },
    { kind: "rejected", after_seconds: 600 },
    /next try in 600 s/,
  ),
  played(
    "a limit for a year",
    "pulls/list",
    { status: 429, headers: { "retry-after": "31536000" } },
    { kind: "rejected", after_seconds: 86_400 },
  ),
  // Trouble on the way: all but the comment is looked at before it is done again.
  played(
    "500",
    "pulls/list",
    { status: 500, body: "<html>Unicorn</html>" },
    rejected,
    /GitHub answered 500 when/,
  ),
  played(
    "502 to the pull request",
    "pulls/create",
    { status: 502, body: says("Server Error") },
    rejected,
    /502 "Server Error"/,
  ),
  played("503 to the comment", "issues/create-comment", { status: 503 }, { kind: "ambiguous" }, /503/),
  played("silence", "pulls/list", "hang", rejected, /did not answer.*timeout/),
  played(
    "silence to the comment",
    "issues/create-comment",
    "hang",
    { kind: "ambiguous" },
    /commenting on pull request 1 of lab\/results: timeout/,
  ),
  played("a reset", "git/create-commit", "reset", rejected, /ECONNRESET/),
  played(
    "a lost answer to the comment",
    "issues/create-comment",
    "lost",
    { kind: "ambiguous" },
    /ECONNRESET/,
  ),
  played(
    "a login page",
    "pulls/list",
    { status: 200, body: "<html>Log in</html>" },
    rejected,
    /does api_url of channel results point to its API/,
  ),
  played("another JSON", "pulls/list", { status: 200, body: { hello: 1 } }, rejected, /api_url/),
  played(
    "404 with a page",
    "pulls/list",
    { status: 404, body: "<html>Not Found</html>" },
    unfit,
    /check repo, token and api_url/,
  ),
  played("403 of a proxy", "pulls/list", { status: 403, body: "<html>Blocked</html>" }, unfit, /403 when/),
  played(
    "an endless answer",
    "pulls/list",
    { status: 200, body: "x".repeat(17 * 2 ** 20) },
    rejected,
    /response_too_large/,
  ),
  // Races within the delivery.
  played(
    "a branch that is not seen yet",
    "pulls/create",
    {
      status: 422,
      body: says("Validation Failed", { resource: "PullRequest", field: "head", code: "invalid" }),
    },
    { kind: "delivered" },
  ),
  played(
    "a race that goes on",
    "git/create-ref",
    Array(9).fill({ status: 422, body: says("Reference already exists") }),
    rejected,
    /at the same time/,
  ),
  {
    name: "a closed port",
    arrange: async () => {
      const server = await startGithubServer();
      await server.close();
      return { ...rigOf(server), close: async () => {} };
    },
    expected: rejected,
    says: /was not reached.*ECONNREFUSED/,
  },
];

const sweep: StatusSweep = {
  name: "every HTTP status",
  statuses: HTTP_STATUSES,
  open: async () => {
    const server = await startGithubServer();
    return { ...rigOf(server), answer: (status, body) => server.script("*", { status, body }) };
  },
  expected: (status) =>
    status < 300 || status >= 500 || status === 408 || status === 429 ? "rejected" : "permanent",
};

if (hasGit()) {
  testChannel({
    kind: "github_pr",
    extension: "md",
    open: async () => rigOf(await startGithubServer()),
    maxShownChars: 6_100,
    maxMilliseconds: 10_000,
    faults,
    sweeps: [sweep],
  });
} else {
  test("the github_pr channel is held to the suite", (t) => {
    needs(t, "git", false, "apt-get install git");
  });
}
