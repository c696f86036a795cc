import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { suite, type TestContext, test } from "node:test";
import { signatures } from "../../src/channels/webhook/signature.ts";
import { needs } from "../support/require.ts";
import { found, run, temporary } from "./clone.ts";
import { documentAt, fencesOf } from "./documents.ts";

const SECRET = `whsec_${Buffer.from("thirty-two bytes of a test's key").toString("base64")}`;
const OLD = `whsec_${Buffer.from("another key, that is not known..").toString("base64")}`;
const BODY = `{"text":"🧬 it's \\"done\\" & $HOME"}`;

interface Received {
  readonly id: string;
  readonly timestamp: string;
  readonly signature: string;
  readonly body: string;
}

function received(
  fields: Partial<Received> = {},
  secrets = [OLD, SECRET],
  timestamp = Date.now() / 1000,
): Received {
  const signed = { id: "notice~1", timestamp: Math.floor(timestamp), body: BODY };
  return {
    ...signed,
    timestamp: String(signed.timestamp),
    signature: signatures(signed, secrets),
    ...fields,
  };
}

/** Signed in a rotation; then everything that a receiver must refuse, where it looks at the time, too. */
const OURS = received();
const FORGED: Readonly<Record<string, Received>> = {
  "another body": received({ body: BODY.replace("done", "dome") }),
  "another id": received({ id: "notice~2" }),
  "another key": received({}, [OLD]),
  "no signature": received({ signature: "" }),
};
const OLD_ONE = received({}, [SECRET], Date.now() / 1000 - 3_600);

const block = (language: string, info: string): string =>
  fencesOf(documentAt("docs/notifications.md")).find(
    (fence) => fence.language === language && fence.info === info,
  )!.text;

/** How a language is asked: what is written into its folder, and the command that exits with 0 when the request is ours. */
interface Language {
  readonly program: string;
  readonly looksAtTime: boolean;
  readonly files: Readonly<Record<string, string>>;
  readonly command: readonly string[];
}

const CALL = (headers: string): string =>
  `{ "webhook-id": env.ID, "webhook-timestamp": env.TIMESTAMP, "webhook-signature": env.SIGNATURE }${headers}`;

const LANGUAGES: Readonly<Record<string, Language>> = {
  TypeScript: {
    program: process.execPath,
    looksAtTime: true,
    files: {
      "verify.ts": block("ts", "verify"),
      "ask.ts": `import { isOurs } from "./verify.ts";\nconst { env } = process;\nprocess.exitCode = isOurs(${CALL("")} as Record<string, string>, env.BODY!, env.SECRET!) ? 0 : 1;\n`,
    },
    command: ["ask.ts"],
  },
  Python: {
    program: "python3",
    looksAtTime: true,
    files: {
      "verify.py": block("text", "verify.py"),
      "ask.py": `from os import environ as env\nfrom verify import is_ours\nheaders = {"webhook-" + name.lower(): env[name] for name in ("ID", "TIMESTAMP", "SIGNATURE")}\nraise SystemExit(0 if is_ours(headers, env["BODY"].encode(), env["SECRET"]) else 1)\n`,
    },
    command: ["ask.py"],
  },
  "a shell": {
    program: "openssl",
    looksAtTime: false,
    files: { "verify.sh": block("sh", "verify") },
    command: ["verify.sh"],
  },
};

async function isTaken({ program, command }: Language, cwd: string, given: Received): Promise<boolean> {
  const shell = program === "openssl" ? "sh" : program;
  const { id, timestamp, signature, body } = given;
  const variables = { ID: id, TIMESTAMP: timestamp, SIGNATURE: signature, BODY: body, SECRET };
  const settings = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
  const { code, stderr } = await run("env", [...settings, shell, ...command], cwd);
  assert.doesNotMatch(stderr, /Error|Traceback/, stderr);
  return code === 0;
}

async function prepared(t: TestContext, { files }: Language): Promise<string> {
  const cwd = await temporary(t);
  for (const [name, text] of Object.entries(files)) await writeFile(join(cwd, name), text);
  return cwd;
}

suite("what docs/notifications.md says of a webhook's signature", { concurrency: 2 }, () => {
  for (const [name, language] of Object.entries(LANGUAGES)) {
    test(`works in ${name}: ours is taken, what is forged is not`, async (t) => {
      const { program, looksAtTime } = language;
      if (!needs(t, program, program === process.execPath || (await found(program)), `install ${program}`))
        return;
      const cwd = await prepared(t, language);
      assert.ok(await isTaken(language, cwd, OURS));
      for (const [what, forged] of Object.entries(FORGED))
        assert.equal(await isTaken(language, cwd, forged), false, what);
      if (looksAtTime) assert.equal(await isTaken(language, cwd, OLD_ONE), false, "an old one");
    });
  }
});

test("docs/notifications.md sets up every kind of channel, each with a command that proves it", async () => {
  const { channelKinds } = await import("../../src/wire.ts");
  const { text } = documentAt("docs/notifications.md");
  for (const kind of Object.keys(channelKinds).filter((each) => each !== "console"))
    assert.match(text, new RegExp(`\\{ kind: ${kind}, `), kind);
  const sections = text.split(/^## /m).filter((section) => section.includes("```yaml bioagent.yaml"));
  assert.equal(sections.length, 8);
  for (const section of sections)
    assert.match(section, /bioagent notify test \w+`|--check/, section.slice(0, 40));
});
