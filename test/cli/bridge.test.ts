import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import http from "node:http";
import { join } from "node:path";
import { suite, type TestContext, test } from "node:test";
import { type BlueBubbles, CHAT, startBlueBubbles } from "../support/bluebubbles-server.ts";
import { makeImsg } from "../support/imsg.ts";
import { onLoopback } from "../support/loopback.ts";
import { openScene } from "./bridge-scene.ts";
import { BIN, folder, until } from "./support/cli.ts";

/** A Mac with BlueBubbles, and the cloud whose notices it tells. */
async function open(t: TestContext, notices: number) {
  const mac = await startBlueBubbles();
  t.after(() => mac.close());
  const scene = await openScene(t, { notices });
  const args = ["--channel", "phone", "--url", mac.url, "--chat", CHAT];
  const env = { BLUEBUBBLES_PASSWORD: mac.state.password };
  return {
    mac,
    scene,
    env,
    once: (...more: string[]) => scene.run([...args, "--once", ...more], env),
    begin: (...more: string[]) => scene.begin([...args, ...more], env),
    run: (more: string[], variables: Record<string, string> = env) =>
      scene.run([...args, ...more], variables),
  };
}

const assertNoPassword = (mac: BlueBubbles, ...texts: string[]): void => {
  const { password } = mac.state;
  for (const secret of [password, encodeURIComponent(password), "s3cr3t"]) {
    for (const text of texts) assert.ok(!text.includes(secret), text);
  }
};

suite("bioagent bridge imessage", { concurrency: 2 }, () => {
  test("--once tells what there is, a line each, and reports it; then there is nothing", async (t) => {
    const { mac, scene, once } = await open(t, 2);
    const { code, stdout, stderr } = await once();
    assert.equal(code, 0, stderr + stdout);
    assert.equal(stderr, "");
    const lines = stdout.trim().split("\n");
    assert.equal(lines.length, 2);
    for (const line of lines)
      assert.match(line, /^\d{4}-.*Z {2}2026-02-27_rnaseq_001~r1~run\.completed.* {2}delivered$/);
    assert.deepEqual(await scene.statuses(), ["sent", "sent"]);
    assert.deepEqual(
      mac.messages.map(({ text }) => /message \d/.exec(text ?? "")?.[0]),
      ["message 0", "message 1"],
    );
    assert.deepEqual(JSON.parse((await once("--json")).stdout), { ok: true });
    assertNoPassword(mac, stdout, stderr, scene.app.warnings.join());
  });

  test("two bridges at once tell everything once", async (t) => {
    const { mac, scene, once } = await open(t, 6);
    const ended = await Promise.all([once(), once()]);
    for (const { code, stdout } of ended) assert.equal(code, 0, stdout);
    assert.deepEqual(await scene.statuses(), Array(6).fill("sent"));
    assert.equal(new Set(mac.messages.map(({ text }) => text)).size, 6);
    assert.equal(mac.messages.length, 6);
  });

  test("killed between send and report: the next one finds the text, and does not send it again", async (t) => {
    const { mac, scene, begin, once } = await open(t, 1);
    mac.script("hang-sent");
    const first = begin();
    await until("the text is sent", () => mac.messages.length === 1);
    first.child.kill("SIGKILL");
    await first.ended;
    mac.release();
    assert.deepEqual(await scene.statuses(), ["sending"]);
    assert.equal((await once()).stdout, "", "the claim still holds");
    scene.pass(240);
    const { code, stdout } = await once();
    assert.equal(code, 0, stdout);
    assert.match(stdout, /delivered \(after an earlier try\)/);
    assert.equal(mac.messages.length, 1);
    assert.deepEqual(await scene.statuses(), ["sent"]);
  });

  test("killed before it sent: the next one sends it, marked as a possible repeat", async (t) => {
    const { mac, scene, begin, once } = await open(t, 1);
    mac.script("hang");
    const first = begin();
    await until("it is being sent", () => mac.asked.some(({ path }) => path.endsWith("/message/text")));
    first.child.kill("SIGKILL");
    await first.ended;
    mac.release();
    scene.pass(240);
    assert.equal((await once()).code, 0);
    assert.equal(mac.messages.length, 1);
    assert.match(mac.messages[0]!.text!, /possibly a repeat/);
  });

  test("the API away: said once, and all is told when it is back; a signal ends it in order", async (t) => {
    const { mac, scene, begin, once } = await open(t, 1);
    await scene.goAway();
    const alone = await once();
    assert.equal(alone.code, 1);
    assert.match(alone.stdout, /api {2}POST \/v1\/channels\/phone\/claim at 127\.0\.0\.1:\d+: no connection/);
    const bridge = begin("--interval", "1s");
    await until("it is said", () => bridge.seen().includes("no connection"));
    await scene.comeBack();
    await until("it is told", async () => (await scene.statuses())[0] === "sent");
    bridge.child.kill("SIGTERM");
    const { code, stdout } = await bridge.ended;
    assert.equal(code, 0);
    assert.equal(stdout.match(/no connection/g)?.length, 1);
    assert.match(stdout, /api {2}works again/);
    assert.equal(mac.messages.length, 1);
  });

  test("what answers but is no API: said once, and the bridge goes on", async (t) => {
    const { mac, env, scene } = await open(t, 0);
    const answers = ["{}", "null", '{"notices":[{"id":"x","rev":1}]}', "<html>"];
    const other = http.createServer((_, response) => response.end(answers.shift() ?? '{"notices":[]}'));
    const { url, close } = await onLoopback(other);
    t.after(close);
    const args = ["--channel", "phone", "--url", mac.url, "--chat", CHAT, "--interval", "1s"];
    const bridge = scene.begin(args, { ...env, BIOAGENT_URL: url });
    await until("it works again", () => bridge.seen().includes("works again"));
    bridge.child.kill("SIGTERM");
    const { stdout } = await bridge.ended;
    assert.equal(stdout.match(/no list of notices/g)?.length, 1, stdout);
    assert.equal(stdout.match(/no JSON/g)?.length, 1, stdout);
  });

  test("a Mac that could not send fetches nothing, and says what to mend", async (t) => {
    const { mac, scene, run } = await open(t, 1);
    const wrong = await run(["--once"], { BLUEBUBBLES_PASSWORD: "s3cr3t of yesterday" });
    assert.equal(wrong.code, 1);
    assert.match(wrong.stdout, /mac {2}BlueBubbles answered 401 .*the password of channel phone/);
    assertNoPassword(mac, wrong.stdout, wrong.stderr);
    const [notice] = await scene.app.deps.store.queryNotices({ channel: "phone", limit: 1 });
    assert.deepEqual([notice!.status, notice!.tries], ["pending", 0]);
  });

  test("--check tries both sides, and sends nothing", async (t) => {
    const { mac, scene, run } = await open(t, 1);
    const well = await run(["--check"]);
    assert.equal(well.code, 0, well.stdout);
    assert.match(
      well.stdout,
      /^api {2}ok: .*told by a bridge\nmac {2}ok: BlueBubbles 1\.9\.9 .*Private API\n$/,
    );
    await scene.goAway();
    mac.state.password = "another";
    const ill = await run(["--check", "--json"]);
    assert.equal(ill.code, 1);
    const { ok, checks } = JSON.parse(ill.stdout);
    assert.deepEqual([ok, checks.map((each: { ok: boolean }) => each.ok)], [false, [false, false]]);
    assert.match(checks[0].text, /BIOAGENT_URL right/);
    assertNoPassword(mac, ill.stdout, ill.stderr);
    assert.equal(mac.messages.length, 0);
    assert.deepEqual(await scene.statuses(), ["pending"]);
  });

  test("--check says that a channel is none of a bridge's", async (t) => {
    const { scene, env } = await open(t, 0);
    for (const [name, says] of [
      ["lab", /told from here, not by a bridge; set via: bridge/],
      ["nowhere", /there is no channel nowhere/],
    ] as const) {
      const { code, stdout } = await scene.run(["--channel", name, "--chat", CHAT, "--check"], env);
      assert.equal(code, 1);
      assert.match(stdout, says);
    }
  });

  test("settings come from bioagent.yaml, secrets from variables; imsg sends as well", async (t) => {
    const imsg = makeImsg();
    t.after(() => imsg.close());
    const config = `channels:\n  phone: { kind: imessage, via: bridge, bridge: imsg, binary: "${imsg.binary}", chat: "\${MY_CHAT}" }\n`;
    const scene = await openScene(t, { notices: 1, config });
    const { code, stdout, stderr } = await scene.run(["--once"], { MY_CHAT: imsg.chat });
    assert.equal(code, 0, stdout + stderr);
    assert.equal(imsg.state().messages.length, 1);
    assert.deepEqual(await scene.statuses(), ["sent"]);
    const unset = await scene.run(["--once"]);
    assert.equal(unset.code, 2);
    assert.match(unset.stderr, /the variable MY_CHAT is not set here/);
  });

  test("wrong usage is said in one line, and nothing is fetched", async (t) => {
    const { scene, env } = await open(t, 1);
    const cases: [string[], Record<string, string>, RegExp][] = [
      [["--chat", CHAT], env, /name the channel/],
      [["--channel", "phone"], env, /has no chat here/],
      [["--channel", "phone", "--chat", "+15551234567"], env, /chat: expected a chat's GUID, such as/],
      [["--channel", "phone", "--chat", "", "--launchd"], env, /chat: expected a chat's GUID, such as/],
      [["--channel", "phone", "--chat", CHAT, "--url", "mac:1234"], env, /url: expected the address of/],
      [["--channel", "phone", "--chat", CHAT], {}, /BLUEBUBBLES_PASSWORD is not set here/],
      [["--channel", "console", "--chat", CHAT], env, /of kind console/],
      [["--channel", "../x", "--chat", CHAT, "--launchd"], env, /"\.\.\/x" is no channel's name/],
      [["--channel", "phone", "--chat", CHAT, "--interval", "0s"], env, /1s to 10m/],
      [["--channel", "phone", "--chat", CHAT], { ...env, BIOAGENT_URL: "" }, /set BIOAGENT_URL/],
    ];
    for (const [args, variables, says] of cases) {
      const { code, stderr } = await scene.run(args, variables);
      assert.equal(code, 2, stderr);
      assert.match(stderr, says);
      assert.equal(stderr.trim().split("\n").length, 1, stderr);
    }
    assert.deepEqual(await scene.statuses(), ["pending"]);
  });

  test("what --launchd prints runs as it stands, with the secret from its own file and in no argument", async (t) => {
    const { mac, scene, run } = await open(t, 1);
    const { code, stdout, stderr } = await run(["--launchd", "--interval", "30s"]);
    assert.equal(code, 0, stderr);
    assertNoPassword(mac, stdout, stderr);
    assert.match(
      stderr,
      /launchctl bootstrap gui\/\$\(id -u\) ~\/Library\/LaunchAgents\/org\.bioagent\.bridge\.phone\.plist/,
    );
    assert.match(stderr, /mkdir -p ~\/Library\/LaunchAgents$/m);
    assert.match(stderr, /launchctl bootout gui\/\$\(id -u\)\/org\.bioagent\.bridge\.phone$/m);
    const array = /<array>([\s\S]*?)<\/array>/.exec(stdout)![1]!;
    const plain = (text: string) =>
      text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
    const command = [...array.matchAll(/<string>(.*?)<\/string>/g)].map((match) => plain(match[1]!));
    assert.ok(command.includes(BIN) && command.includes("30s"), command.join(" "));
    const home = await folder(t);
    await mkdir(join(home, ".config/bioagent"), { recursive: true });
    await writeFile(
      join(home, ".config/bioagent/bridge.env"),
      `BLUEBUBBLES_PASSWORD='${mac.state.password}'\n`,
    );
    const variables = /<key>EnvironmentVariables<\/key>\s*<dict>([\s\S]*?)<\/dict>/.exec(stdout)![1]!;
    const pairs = [...variables.matchAll(/<key>(.*?)<\/key>\s*<string>(.*?)<\/string>/g)];
    const given = Object.fromEntries(pairs.map(([, name, value]) => [name!, plain(value!)]));
    assert.equal(given["BIOAGENT_URL"], scene.url);
    // By its name: the folder of a version of Homebrew's is gone with the next one.
    assert.equal(command[4], "node");
    const env = { ...given, HOME: home };
    const agent = spawn(command[0]!, [...command.slice(1), "--once"], { cwd: home, env, stdio: "ignore" });
    assert.deepEqual(await once(agent, "close"), [0, null]);
    assert.equal(mac.messages.length, 1);
  });
});
