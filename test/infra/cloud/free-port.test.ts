import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { test } from "node:test";
import { freePort } from "../../../infra/free-port.ts";

test("a free port can be listened on at once, and is not offered while somebody does", async (t) => {
  const port = await freePort();
  const server = createServer().listen(port, "127.0.0.1");
  t.after(() => server.close());
  await once(server, "listening");
  const others = await Promise.all(Array.from({ length: 20 }, freePort));
  assert.ok(!others.includes(port));
});
