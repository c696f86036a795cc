import assert from "node:assert/strict";
import { test } from "node:test";
import { openSecretManager } from "../../src/google/secret-manager.ts";

const HOOK = "https://hooks.slack.com/services/T/B/secret";

function managerOf(answer: () => Response, project: string | null = "my-lab-123") {
  const urls: string[] = [];
  let now = 0;
  const read = openSecretManager({
    accessToken: async () => "ya29.secret",
    project,
    now: () => now,
    fetch: (async (url: string) => {
      urls.push(url);
      return answer();
    }) as typeof fetch,
  });
  return {
    read,
    urls,
    pass: (milliseconds: number) => {
      now += milliseconds;
    },
  };
}

const payload = (text: string) => Response.json({ payload: { data: Buffer.from(text).toString("base64") } });

test("a secret is read by its name or its whole name, and kept for five minutes", async () => {
  const { read, urls, pass } = managerOf(() => payload(`${HOOK}\n`));
  assert.deepEqual([await read("sm://slack"), await read("sm://slack")], [HOOK, HOOK]);
  await read("sm://projects/other-lab/secrets/slack/versions/3");
  const base = "https://secretmanager.googleapis.com/v1/projects";
  assert.deepEqual(urls, [
    `${base}/my-lab-123/secrets/slack/versions/latest:access`,
    `${base}/other-lab/secrets/slack/versions/3:access`,
  ]);
  pass(5 * 60_000);
  await read("sm://slack");
  assert.equal(urls.length, 3);
});

test("a version that is missing is a sentence that names the remedy, and is looked for again", async () => {
  let status = 404;
  const { read } = managerOf(() => (status === 200 ? payload(HOOK) : new Response("{}", { status })));
  await assert.rejects(
    read("sm://slack"),
    /^AdapterError: the secret sm:\/\/slack cannot be read: .*gcloud secrets versions add$/,
  );
  status = 403;
  await assert.rejects(read("sm://slack"), /roles\/secretmanager\.secretAccessor on this secret/);
  status = 200;
  assert.equal(await read("sm://slack"), HOOK);
});

test("a name that is none, or has no project, is refused before anything is asked", async () => {
  const { read, urls } = managerOf(() => payload("x"), null);
  await assert.rejects(read("sm://slack"), /set GOOGLE_CLOUD_PROJECT/);
  await assert.rejects(read("sm://projects/p/secrets/../x"), /expected sm:\/\/NAME/);
  assert.deepEqual(urls, []);
});
