import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { tellingThere } from "../../../src/cli/doctor/channel-checks.ts";
import { cli, folder } from "../support/cli.ts";
import { ago, seedStore } from "./seeded-store.ts";

const doctor = async (cwd: string) => cli(["doctor"], { cwd });
const lineOf = (text: string, pattern: RegExp): string =>
  text.split("\n").find((line) => pattern.test(line)) ?? `no line like ${pattern} in\n${text}`;

suite("doctor, on channels", { concurrency: 2 }, () => {
  test("names what is disabled, what lacks a variable, and a fallback that cannot be used", async (t) => {
    const cwd = await folder(t, {
      "bioagent.yaml": `channels:
  lab: { kind: slack, webhook_url: "https://hooks.slack.com/services/T/B/x" }
  pi: { kind: slack, webhook_url: "\${PI_URL}" }
  phone: { kind: imessage, via: bridge, fallback: pi }
  ops: { kind: webhook, url: "https://ops.lab.org/h", secret: "\${S}", fallback: lab }
subscriptions: [{ on: [run.failed], to: [lab, pi, phone, ops] }]
`,
    });
    await seedStore(cwd, [], [{ channel: "lab", disabled: { reason: "Slack says no_team", since: ago(9) } }]);
    const { code, stdout } = await doctor(cwd);
    assert.equal(code, 1);
    assert.match(
      lineOf(stdout, / lab /),
      /^✗ channel +lab \(slack\) is disabled: Slack says no_team\. Mend it, then: bioagent notify test lab$/,
    );
    assert.match(lineOf(stdout, / pi /), /^✗ channel .*PI_URL is not set here/);
    assert.match(
      lineOf(stdout, / phone /),
      /^✗ channel +phone \(imessage\) has the fallback pi, which cannot be used here/,
    );
  });

  test("names an address that is refused before anything is lost on it", async (t) => {
    const secret = `whsec_${"A".repeat(40)}`;
    const cwd = await folder(t, {
      "bioagent.yaml": `channels:
  plain: { kind: webhook, url: "http://ops.lab.org/s3cret", secret: ${secret} }
  inside: { kind: slack, webhook_url: "https://10.0.0.7/s3cret" }
  user: { kind: github_pr, repo: a/b, base: main, token: t0ken, api_url: "https://u:s3cret@ghe.lab.org/api/v3" }
  mac: { kind: imessage, via: bridge, url: "http://127.0.0.1:1234" }
  desk: { kind: email, transport: smtp, url: "smtp://10.0.0.8:25", from: a@lab.org, to: [b@lab.org] }
`,
    });
    const { stdout } = await doctor(cwd);
    const said = ["plain", "inside", "user"].map((name) => lineOf(stdout, new RegExp(` ${name} `)));
    assert.match(said[0]!, /^✗ .*plain \(webhook\) has a refused url: it must be https$/);
    assert.match(said[1]!, /^✗ .* has a refused webhook_url: 10\.0\.0\.7 is a private address$/);
    assert.match(said[2]!, /^✗ .* has a refused api_url: it must not hold a user name or password$/);
    for (const name of ["mac", "desk"]) assert.match(lineOf(stdout, new RegExp(` ${name} `)), /^✓/);
    assert.doesNotMatch(stdout, /s3cret/);
  });

  test("a channel that has refused for long is named with its last answer; one that waits for its turn is not", async (t) => {
    const config = `channels: { lab: { kind: slack, webhook_url: "https://hooks.slack.com/services/T/B/x" } }\nsubscriptions: [{ on: [run.failed], to: [lab] }]\n`;
    const [away, busy] = [
      await folder(t, { "bioagent.yaml": config }),
      await folder(t, { "bioagent.yaml": config }),
    ];
    const waiting = { channel: "lab", recipient: "lab", next_at: ago(-60), created_at: ago(7_200) };
    const error = "Slack was not reached for channel lab: ENOTFOUND.";
    await seedStore(away, [
      { ...waiting, created_at: ago(10) },
      { ...waiting, tries: 9, error },
    ]);
    await seedStore(busy, [waiting, { ...waiting, created_at: ago(10), tries: 1, error }]);
    assert.match(
      lineOf((await doctor(away)).stdout, / lab \(/),
      /^✗ channel +lab \(slack\) has not taken what waits for 2 h: Slack was not reached for channel lab: ENOTFOUND\.$/,
    );
    assert.match(lineOf((await doctor(busy)).stdout, / lab \(/), /^✓ channel +lab \(slack\)$/);
  });

  test("a bridge's channel whose notices nobody fetches is named with their age; fresh ones are not", async (t) => {
    const config = `channels: { phone: { kind: imessage, via: bridge } }\nsubscriptions: [{ on: [run.failed], to: [phone] }]\n`;
    const [old, fresh] = [
      await folder(t, { "bioagent.yaml": config }),
      await folder(t, { "bioagent.yaml": config }),
    ];
    const waiting = { channel: "phone", recipient: "phone", next_at: ago(0) };
    await seedStore(old, [
      { ...waiting, created_at: ago(7_200) },
      { ...waiting, created_at: ago(10) },
    ]);
    await seedStore(fresh, [{ ...waiting, created_at: ago(10) }]);
    assert.match(
      lineOf((await doctor(old)).stdout, / phone /),
      /^✗ channel +phone \(imessage\) is told by a bridge, and 2 notices untold, the oldest for 2 h\. On its Mac: bioagent bridge imessage --channel phone --check$/,
    );
    const good = await doctor(fresh);
    assert.equal(good.code, 0, good.stdout);
    assert.match(
      lineOf(good.stdout, / phone /),
      /^✓ channel +phone \(imessage\), told by a bridge on its Mac$/,
    );
    assert.match(lineOf(good.stdout, /✓ notices/), /1 to be delivered, 0 given up; phone: 1 notice waits/);
  });

  test("of a deployed API it names the same: what cannot be used there, is disabled, is refused, or is not fetched", async () => {
    const waits = { waiting: 1, messages: 1, oldest: ago(1000), last_told_at: null, why: "it waits" };
    const checks = await tellingThere({
      notices: async () => ({
        notices: [],
        backlog: [
          { ...waits, channel: "phone", refused: null, pulled: true },
          { ...waits, channel: "ops", refused: "answered 503", pulled: false },
          { ...waits, channel: "fresh", refused: "answered 503", pulled: false, oldest: ago(60) },
        ],
        disabled: [{ channel: "lab", reason: "Gone.", since: ago(9), remedy: "bioagent notify test lab" }],
        unusable: [{ channel: "pi", reason: "channel pi (slack): the variable PI is not set here" }],
        more: false,
      }),
    });
    assert.deepEqual(
      checks.filter(({ ok }) => !ok).map(({ text }) => text),
      [
        "where the API runs, channel pi (slack): the variable PI is not set here",
        "lab is disabled: Gone. Mend it, then: bioagent notify test lab",
        "phone is told by a bridge, and 1 notice untold, the oldest for 16 min 40 s. On its Mac: bioagent bridge imessage --channel phone --check",
        "ops has not taken what waits for 16 min 40 s: answered 503",
      ],
    );
  });

  test("channels that show runs have nothing to show while the store does not work", async (t) => {
    const cwd = await folder(t, {
      "bioagent.yaml": `channels: { results: { kind: github_pr, repo: lab/results, token: x } }\nsubscriptions: [{ on: [run.failed], to: [console, results] }]\n`,
    });
    assert.match(
      lineOf((await doctor(cwd)).stdout, / results /),
      /^✓ channel +results \(github_pr\), shows runs as they go$/,
    );
    const broken = await cli(["doctor"], { cwd, env: { BIOAGENT_STORE: "sqlite:bioagent.yaml" } });
    assert.equal(broken.code, 1);
    assert.match(
      lineOf(broken.stdout, / results /),
      /^✗ channel .*reads them from the store, which does not work/,
    );
    assert.match(lineOf(broken.stdout, / console /), /^✓ channel/);
  });

  test("a channel that nobody subscribed to is said to be one", async (t) => {
    const cwd = await folder(t, {
      "bioagent.yaml": `channels: { phone: { kind: imessage, via: bridge } }\n`,
    });
    assert.match(lineOf((await doctor(cwd)).stdout, / phone /), /^✓ channel .*; no subscription names it$/);
  });

  test("says who would notice that the monitor is silent: nobody, unless ping_url is set", async (t) => {
    const cwd = await folder(t);
    assert.match(
      lineOf((await doctor(cwd)).stdout, /watcher/),
      /^✓ watcher +none: ping_url is not set, and only somebody outside/,
    );
    const env = { BIOAGENT_PING_URL: "https://watch.lab.org/s3cr3t" };
    const { stdout } = await cli(["doctor"], { cwd, env });
    assert.equal(lineOf(stdout, /watcher/), "✓ watcher   ping_url is asked after every pass");
  });
});
