import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { BUCKET, type Lab, onlyLeft, openLab, openLiar, PROJECT } from "../infra/first-contact/lab.ts";
import { cli, folder, json, start, until } from "./support/cli.ts";

let lab: Lab;
before(async () => {
  lab = await openLab();
});
after(() => lab.close());

const args = (...more: string[]): string[] => [
  "doctor",
  "--first-contact",
  PROJECT,
  "--endpoint",
  lab.urls.batch,
  "--storage-endpoint",
  lab.urls.storage,
  "--pubsub-endpoint",
  lab.urls.pubsub,
  "--bucket",
  BUCKET,
  ...more,
];
const env = { METADATA_SERVER_DETECTION: "none" };

test("doctor --first-contact tells the plan, each answer and the sum, and saves them", async (t) => {
  const cwd = await folder(t);
  const { code, stdout, stderr } = await cli(args("--only", "create-unknown-*", "--yes"), { cwd, env });
  assert.equal(code, 0, stderr);
  assert.match(
    stderr,
    /^First contact with secret-lab-4711 in us-central1 \(http.*: 2 questions, 0 skipped$/m,
  );
  assert.match(
    stderr,
    /labelled bioagent-first-contact and deleted at the end\. 0 small machines, about \$0\.00/,
  );
  assert.match(stderr, /^✓ create-unknown-enum +400 INVALID_ARGUMENT/m);
  assert.match(stdout, /✓ +2 holds/);
  const [directory] = await readdir(join(cwd, "first-contact"));
  assert.match(directory!, /^secret-lab-4711-\d{8}-\d{4}$/);
  assert.deepEqual((await readdir(join(cwd, "first-contact", directory!))).sort(), [
    "answers.json",
    "create-unknown-enum.json",
    "create-unknown-field.json",
  ]);
  await onlyLeft(lab);
});

test("with --json there is one document, and --save chooses the folder", async (t) => {
  const cwd = await folder(t);
  const given = await json(args("--only", "exit-st*", "--yes", "--save", "answers"), { cwd, env });
  assert.equal(given["saved"], join(cwd, "answers"));
  assert.deepEqual(
    (given["answers"] as { id: string; holds: string }[]).map(({ id, holds }) => [id, holds]),
    [["exit-step-timeout", "yes"]],
  );
  const saved = JSON.parse(await readFile(join(cwd, "answers", "answers.json"), "utf8")) as {
    service: string;
  };
  assert.equal(saved.service, "emulator");
});

test("an assumption that does not hold ends with 1 and names what must change", async (t) => {
  const cwd = await folder(t);
  const liar = await openLiar(lab.urls.batch, ({ method, body }) =>
    method === "POST" && body.includes("bioagentNoSuchField")
      ? { pass: body.replace('"bioagentNoSuchField":true,', "") }
      : null,
  );
  t.after(() => liar.close());
  const { code, stdout } = await cli(
    args("--only", "create-unknown-field", "--yes", "--endpoint", liar.url, "--save", "a"),
    { cwd, env },
  );
  assert.equal(code, 1);
  assert.match(stdout, /✗ create-unknown-field: Is a field/);
  assert.match(stdout, /change +infra\/batch-emulator\/validate\//);
});

test("Ctrl-C ends it, and what it made is deleted", async (t) => {
  const cwd = await folder(t);
  const { child, ended } = start(args("--only", "cancel-running", "--yes", "--save", "a"), { cwd, env });
  let told = "";
  child.stderr.on("data", (text: string) => {
    told += text;
  });
  await until("the job is created", () => told.includes("cancelled: created"));
  child.kill("SIGINT");
  const { code, stderr } = await ended;
  assert.equal(code, 130, stderr);
  await onlyLeft(lab);
});

test("--cleanup says what it deleted", async (t) => {
  const cwd = await folder(t);
  const { code, stdout } = await cli(args("--cleanup"), { cwd, env });
  assert.equal(code, 0);
  assert.match(stdout, /^Deleted: 0 jobs, 0 topics and subscriptions\.$/m);
});

test("a service that is not there is told in a line, with exit code 1", async (t) => {
  const cwd = await folder(t);
  const elsewhere = ["--endpoint", "http://127.0.0.1:9"];
  const { code, stderr } = await cli(args("--only", "list-*", "--yes", ...elsewhere), { cwd, env });
  assert.equal(code, 1);
  assert.match(stderr, /bioagent: GET http:\/\/127\.0\.0\.1:9\/.* was not answered: /);
  assert.doesNotMatch(stderr, /\n\s+at /);
});

const WRONG: readonly (readonly [string, readonly string[], RegExp])[] = [
  [
    "nobody to be asked and no --yes",
    ["--first-contact", PROJECT, "--endpoint", "http://127.0.0.1:9"],
    /add --yes/,
  ],
  ["an option of first contact alone", ["--bucket", "b-1"], /--bucket is for --first-contact PROJECT/],
  ["no project id", ["--first-contact", "My Lab", "--yes"], /expected a project id/],
  [
    "a question that there is not",
    ["--first-contact", PROJECT, "--only", "nothing-*", "--yes"],
    /docs\/first-contact\.md/,
  ],
  ["a region that is none", ["--first-contact", PROJECT, "--region", "Mars", "--yes"], /expected a region/],
];

for (const [what, given, message] of WRONG) {
  test(`${what} is wrong usage`, async (t) => {
    const cwd = await folder(t);
    const { code, stderr } = await cli(["doctor", ...given], { cwd, env });
    assert.equal(code, 2, stderr);
    assert.match(stderr, message);
  });
}
