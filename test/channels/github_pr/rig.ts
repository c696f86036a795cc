import assert from "node:assert/strict";
import { openGithubPr } from "../../../src/channels/github_pr/channel.ts";
import { GithubPrConfig } from "../../../src/channels/github_pr/config.ts";
import type { GuardedFetch } from "../../../src/channels/guarded-fetch.ts";
import type { Channel, Kept, Message } from "../../../src/ports.ts";
import { type GithubServer, startGithubServer } from "../../support/github-server.ts";

export const QUICK = {
  timeoutMilliseconds: 20_000,
  limitMilliseconds: 40_000,
  writeGapMilliseconds: 0,
  raceMilliseconds: 1,
};

export interface Opening {
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly fetch?: GuardedFetch;
  readonly times?: Partial<typeof QUICK>;
}

export function openOn(
  server: Pick<GithubServer, "apiUrl" | "token">,
  { settings, fetch, times }: Opening = {},
): Channel {
  const config = GithubPrConfig.parse({
    kind: "github_pr",
    repo: "lab/results",
    token: server.token,
    api_url: server.apiUrl,
    ...settings,
  });
  const deps = { write: () => {}, allowPrivateUrls: true, fetch };
  return openGithubPr("results", config, deps, { ...QUICK, ...times });
}

/** Starts a server for one test; at its end nothing must have broken GitHub's own description. */
export async function github(
  t: { after(clean: () => Promise<void>): void },
  options: { empty?: boolean } = {},
) {
  const server = await startGithubServer(options);
  t.after(async () => {
    await server.close();
    assert.deepEqual(server.violations, []);
  });
  return server;
}

/** What the outbox does: hands over what was kept, and keeps what comes back. */
export class Outbox {
  kept: Kept = {};
  readonly channel: Channel;
  constructor(channel: Channel) {
    this.channel = channel;
  }

  async tell(message: Message) {
    const delivery = await this.channel.deliver({ ...message, kept: this.kept }, "results");
    this.kept = { ...this.kept, ...delivery.keep };
    return delivery;
  }

  async delivered(message: Message): Promise<void> {
    const { keep: _keep, ...outcome } = await this.tell(message);
    assert.deepEqual(outcome, { kind: "delivered" });
  }
}

/** The text of a file at a branch's end. */
export function fileAt({ repository }: GithubServer, branch: string, file: string): string {
  const head = repository.head(branch);
  assert.ok(head, `there is no branch ${branch}`);
  const entry = repository.entry(head, file);
  assert.ok(entry, `there is no ${file} on ${branch}`);
  return repository.blob(entry.sha).toString();
}

/** The first block of code of a Markdown text, as people read it. */
export function blockIn(markdown: string): string {
  const lines = markdown.split("\n");
  const from = lines.findIndex((line) => line.startsWith("    "));
  const to = lines.findIndex((line, at) => at > from && !line.startsWith("    "));
  return lines
    .slice(from, to < 0 ? undefined : to)
    .map((line) => line.slice(4))
    .join("\n");
}
