import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { suite, test } from "node:test";
import { cli, folder, json, listing } from "../support/cli.ts";
import { DEMO } from "../support/pipelines.ts";
import { seedStore } from "./seeded-store.ts";

const CHANNELS = `channels:
  lab: { kind: slack, webhook_url: "\${SLACK_WEBHOOK_URL}" }
  board: { kind: slack, bot_token: "\${SLACK_BOT_TOKEN}", channel: C0123456789 }
  pi: { kind: email, region: us-east-1, from: runs@lab.org, to: [pi@lab.org, ada@lab.org] }
  desk: { kind: email, transport: smtp, url: "\${SMTP_URL}", from: runs@lab.org, to: [desk@lab.org] }
  phone: { kind: imessage, url: "https://mac.lab.org", password: "\${PASSWORD}", chat: "iMessage;-;+15551234567" }
  mac: { kind: imessage, via: bridge }
  ops: { kind: webhook, url: "https://ops.lab.org/hook", secret: "sm://hook-secret" }
  results: { kind: github_pr, repo: lab/results, token: "\${GITHUB_TOKEN}" }
`;
const NAMES = ["console", "lab", "board", "pi", "desk", "phone", "mac", "ops", "results"];
const SECRETS = {
  SLACK_WEBHOOK_URL: "https://hooks.slack.com/services/T0SECRET/B0SECRET/s3cr3t",
  SLACK_BOT_TOKEN: "xoxb-s3cr3t-s3cr3t",
  SMTP_URL: "smtps://runs:s3cr3t@mail.lab.org",
  PASSWORD: "s3cr3t",
  GITHUB_TOKEN: "ghp_s3cr3t",
};

interface Previews {
  readonly event: string;
  readonly channels: readonly {
    readonly channel: string;
    readonly recipients: readonly string[];
    readonly notes: readonly string[];
    readonly preview: { readonly form: string; readonly text: string } | null;
  }[];
}

suite("notify preview", { concurrency: 2 }, () => {
  test("shows every channel without a secret, and makes nothing", async (t) => {
    const cwd = await folder(t, { "bioagent.yaml": CHANNELS });
    const { event, channels } = (await json(["notify", "preview"], { cwd })) as unknown as Previews;
    assert.equal(event, "run.completed");
    assert.deepEqual(
      channels.map(({ channel }) => channel),
      NAMES,
    );
    for (const { preview, channel } of channels) assert.match(preview?.text ?? "", /Run Complete/, channel);
    assert.deepEqual(channels[1]!.notes, ["SLACK_WEBHOOK_URL is not set here: nothing can be sent yet"]);
    assert.deepEqual(channels[3]!.recipients, ["pi@lab.org", "ada@lab.org"]);
    assert.deepEqual(await listing(cwd), ["bioagent.yaml"]);
  });

  test("with the secrets set, none of them is shown", async (t) => {
    const cwd = await folder(t, { "bioagent.yaml": CHANNELS });
    const { code, stdout } = await cli(["notify", "preview", "--html", "page.html"], { cwd, env: SECRETS });
    assert.equal(code, 0);
    assert.match(stdout, /^9 channels in \/.*page\.html\n$/);
    const page = await readFile(join(cwd, "page.html"), "utf8");
    const terminal = await cli(["notify", "preview"], { cwd, env: SECRETS });
    assert.doesNotMatch(page + terminal.stdout, /s3cr3t|T0SECRET|is not set/i);
    for (const name of NAMES) {
      assert.ok(page.includes(`<h2>${name} <small>`), name);
      assert.ok(terminal.stdout.includes(`── ${name} (`), name);
    }
  });

  test("shows the channels that are named, for the event that is asked for", async (t) => {
    const cwd = await folder(t, { "bioagent.yaml": CHANNELS });
    const { stdout } = await cli(["notify", "preview", "phone", "lab", "--event", "run.waiting"], { cwd });
    assert.deepEqual(stdout.match(/^── .*/gm), ["── phone (imessage) ──", "── lab (slack) ──"]);
    assert.match(stdout, /waiting in star_align for quota/);
    const wrong = await cli(["notify", "preview", "labb"], { cwd });
    assert.deepEqual(
      [wrong.code, wrong.stderr],
      [2, "bioagent: there is no channel labb; did you mean lab?\n"],
    );
  });

  test("a channel whose settings are wrong once they are filled in says so, and the others are shown", async (t) => {
    const config = `channels: { pi: { kind: email, region: "\${REGION}", from: a@lab.org, to: [b@lab.org] } }\n`;
    const cwd = await folder(t, { "bioagent.yaml": config });
    const { code, stdout } = await cli(["notify", "preview"], { cwd, env: { REGION: "mars" } });
    assert.equal(code, 1);
    assert.match(
      stdout,
      /── console[\s\S]*Run Complete[\s\S]*── pi \(email\) ──\nchannel pi \(email\): region: expected an AWS region/,
    );
  });

  test("--run shows what was told of that run, or would be now", async (t) => {
    const config = `subscriptions: [{ on: [run.started, run.completed], to: [console] }]\n`;
    const cwd = await folder(t, { "demo.yaml": DEMO, "bioagent.yaml": config });
    const { run_id } = await json(["run", "demo.yaml", "--samples", "a,bad", "--wait"], { cwd });
    const of = async (...args: string[]) =>
      (await cli(["notify", "preview", "console", "--run", String(run_id), ...args], { cwd })).stdout;
    assert.match(
      await of(),
      new RegExp(`Run Complete\nRun: ${run_id}\n[\\s\\S]*Status: ✅ 1/2 succeeded, ⏭ 1 skipped`),
    );
    assert.match(await of("--event", "run.started"), /Run Started\n[\s\S]*Status: 2 samples, /);
    // Nobody was told of this one.
    assert.match(await of("--event", "run.stalled"), /Run Stalled\n[\s\S]*Status: ✅ 1\/2 succeeded/);
    const none = await cli(["notify", "preview", "--run", "nothing"], { cwd });
    assert.deepEqual([none.code, /there is no run/.test(none.stderr)], [1, true]);
  });

  test("--run shows the end, also of a run whose last job was skipped in the same moment", async (t) => {
    for (const events of [
      ["job.skipped", "run.completed"],
      ["run.completed", "job.skipped"],
    ] as const) {
      const cwd = await folder(t, {});
      const run = await seedStore(
        cwd,
        events.map((event) => ({ event })),
      );
      const { stdout } = await cli(["notify", "preview", "console", "--run", run], { cwd });
      assert.match(stdout, /BioAgent Run Complete/);
    }
  });
});
