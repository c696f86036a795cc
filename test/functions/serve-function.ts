import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../../infra/free-port.ts";
import { openSqliteStore } from "../../src/stores/sqlite/sqlite-store.ts";
import { type Child, getJson, startNode, until } from "../http/child-server.ts";
import { aNotice, aStart } from "../support/documents.ts";

export const ROOT = join(import.meta.dirname, "../..");
export const FRAMEWORK = "@google-cloud/functions-framework";

export type Served = Child & { readonly url: string };

/** A function in a process of its own, under the framework that lies in `packages`, as far as a test says how. */
export async function serveFunction(
  folder: string,
  parts: {
    readonly packages: string;
    readonly source: string;
    readonly flags?: readonly string[];
    readonly variables?: Record<string, string>;
  },
): Promise<Served> {
  const port = String(await freePort());
  const main = join(parts.packages, "node_modules", FRAMEWORK, "build/src/main.js");
  const given = ["--source", parts.source, ...(parts.flags ?? []), "--port", port];
  const child = startNode(folder, [main, ...given], parts.variables);
  await until(`${parts.source} is served`, () => child.printed().includes("URL: "));
  return { ...child, url: `http://127.0.0.1:${port}` };
}

export const sends = (body: unknown, headers: Record<string, string> = {}) => ({
  method: "POST",
  headers: { "content-type": "application/json", ...headers },
  body: typeof body === "string" ? body : JSON.stringify(body),
});

/** One run from its start by `api` to its end and its notice by `poll`: its id. */
export async function carriesRun(
  folder: string,
  { api, poll }: { api: Served; poll: Served },
): Promise<string> {
  writeFileSync(join(folder, "in/go"), "");
  const body = { pipeline: "waits", samples: ["s1"], input: join(folder, "in"), output: join(folder, "out") };
  const started = await getJson(`${api.url}/v1/runs`, sends(body));
  const id = String(started?.["run_id"]);
  assert.equal(started?.["status"], "planning", JSON.stringify(started));
  await until("the run ends", async () => {
    assert.deepEqual((await getJson(poll.url, sends({})))?.["errors"], []);
    return (await getJson(`${api.url}/v1/runs/${id}`))?.["completed_at"];
  });
  assert.equal((await getJson(`${api.url}/v1/runs/${id}?jobs=false`))?.["outcome"], "all_succeeded");
  await until("it is told", () => poll.printed().includes(`Run: ${id}`));
  return id;
}

/** One notice is due: an event about another run sends nothing, the event about its own sends it. `tell` brings the event of a document. */
export async function deliversDue(
  folder: string,
  open: () => Promise<{ deliver: Served; tell: (document: string) => Promise<Response> }>,
): Promise<void> {
  const store = openSqliteStore({ path: join(folder, "bioagent/store.db") });
  const notice = aNotice({ channel: "console", recipient: "console" });
  await store.start(aStart({}, {}, { notices: [notice] }));
  const { deliver, tell } = await open();
  assert.equal((await tell("notices/2026-02-27_other_001~r1~run.completed~-~console~console")).status, 204);
  assert.equal(deliver.printed().includes("Run: "), false);
  assert.equal((await tell(`notices/${notice.id}`)).status, 204);
  await until("it is printed", () => deliver.printed().includes(`Run: ${notice.run_id}`));
  assert.deepEqual(
    (await store.queryNotices({ limit: 9 })).map(({ status }) => status),
    ["sent"],
  );
  await store.close();
}
