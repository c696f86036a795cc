import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { BUNDLED, loadedWith, packagesIn } from "../../scripts/bundle.ts";
import type * as Registry from "../../src/channels/registry.ts";
import { startGithubServer } from "../support/github-server.ts";
import { startSlackServer } from "../support/slack-server.ts";
import { BOT_TOKEN } from "../support/slack-workspace.ts";
import { startWebhookServer, WEBHOOK_SECRET } from "../support/webhook-server.ts";
import { STORIES } from "./notice-stories.ts";

/** What the tests of single channels cannot see: a bundle gives a CommonJS package other names than Node does. */
test("bundled as a function is, every channel of the web delivers, and none loads its client before", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "bioagent-channels-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const { metafile } = await build({
    ...BUNDLED,
    absWorkingDir: join(import.meta.dirname, "../.."),
    entryPoints: { registry: "src/channels/registry.ts" },
    outdir: folder,
    outExtension: { ".js": ".mjs" },
    splitting: true,
    metafile: true,
  });
  const entry = Object.keys(metafile.outputs).filter((file) => file.endsWith("registry.mjs"));
  assert.deepEqual([...packagesIn(metafile, loadedWith(metafile, entry)).keys()], ["zod"]);
  const { ChannelConfig, openChannel }: typeof Registry = await import(
    pathToFileURL(join(folder, "registry.mjs")).href
  );
  const [slack, ops, github] = [
    await startSlackServer(),
    await startWebhookServer(),
    await startGithubServer(),
  ];
  t.after(() => Promise.all([slack.close(), ops.close(), github.close()]));
  const settings = [
    { kind: "slack", webhook_url: slack.webhookUrl },
    { kind: "slack", bot_token: BOT_TOKEN, channel: "#runs", api_url: slack.apiUrl, live: false },
    { kind: "webhook", url: ops.url, secret: WEBHOOK_SECRET },
    { kind: "github_pr", repo: "lab/results", token: github.token, api_url: github.apiUrl },
  ];
  for (const each of settings) {
    const channel = openChannel("lab", ChannelConfig.parse(each), {
      write: () => assert.fail(),
      allowPrivateUrls: true,
    });
    const delivery = await channel.deliver(
      { ...STORIES["some-skipped"]!, test: true },
      channel.recipients[0]!,
    );
    assert.equal(delivery.kind, "delivered", `${each.kind}: ${JSON.stringify(delivery)}`);
  }
});
