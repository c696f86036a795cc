import assert from "node:assert/strict";
import { test } from "node:test";
import { startSesServer } from "../support/ses-server.ts";
import { cli, folder, json, until } from "./support/cli.ts";
import { DEMO } from "./support/pipelines.ts";

const PEOPLE = ["ann", "bob", "cat", "dan", "eve"].map((name) => `${name}@lab.org`);

const CONFIG = JSON.stringify({
  channels: {
    pi: { kind: "email", transport: "ses", region: "us-east-1", from: "runs@lab.org", to: PEOPLE },
  },
  subscriptions: [{ on: ["run.completed"], to: ["pi"] }],
});

test("the tick in which a run ends tells all of its people, although the channel takes one at a time", async (t) => {
  const ses = await startSesServer();
  t.after(() => ses.close());
  const env = {
    AWS_ENDPOINT_URL_SES: ses.url,
    AWS_ACCESS_KEY_ID: "AKIAEXAMPLE000000001",
    AWS_SECRET_ACCESS_KEY: "secret",
  };
  const cwd = await folder(t, { "demo.yaml": DEMO, "bioagent.yaml": CONFIG });
  const started = await cli(["run", "demo.yaml", "--samples", "a", "--detach"], { cwd, env });
  assert.equal(started.code, 0, started.stderr);
  await until("the run ends", async () => {
    const { code, stdout, stderr } = await cli(["tick"], { cwd, env });
    assert.deepEqual([code, stderr], [0, ""]);
    return stdout.includes("completed");
  });
  const told = ses.calls.map(({ fields }) => fields.get("Destinations.member.1"));
  assert.deepEqual(told.sort(), PEOPLE);
  const { notices } = (await json(["notices"], { cwd, env })) as { notices: { status: string }[] };
  assert.deepEqual(
    notices.map(({ status }) => status),
    PEOPLE.map(() => "sent"),
  );
});
