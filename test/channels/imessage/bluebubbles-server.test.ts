/** The stand-in itself: it says what the facts file has of the real server's words, first things first. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { CHAT, PASSWORD, startBlueBubbles } from "../../support/bluebubbles-server.ts";

test("authorization comes first, then the rules, then the method's own wants, then what is being sent", async (t) => {
  const server = await startBlueBubbles();
  t.after(() => server.close());
  const ask = async (query: string, body: unknown): Promise<[number, string]> => {
    const init = { method: "POST", body: JSON.stringify(body) };
    const answer = await fetch(`${server.url}/api/v1/message/text${query}`, init);
    const { error } = (await answer.json()) as { error: { message: string } };
    return [answer.status, error.message];
  };
  const known = `?password=${encodeURIComponent(PASSWORD)}`;
  assert.deepEqual(await ask("", {}), [401, "Missing server password!"]);
  assert.deepEqual(await ask("?password=x", {}), [401, "Unauthorized"]);
  for (const [body, message] of [
    [{}, "The chatGuid field is required."],
    [{ chatGuid: CHAT }, "The message field must be present (but can be empty)."],
    [{ chatGuid: CHAT, message: 5 }, "The message must be a string."],
    [{ chatGuid: CHAT, message: "x", method: "foo" }, "The selected method is invalid."],
    [{ chatGuid: CHAT, message: "x", tempGuid: 1 }, "The tempGuid must be a string."],
    [{ chatGuid: CHAT, message: "x" }, "A 'tempGuid' is required when sending via AppleScript"],
    [{ chatGuid: CHAT, message: "", tempGuid: "t" }, "A 'message' is required when sending via AppleScript"],
    [
      { chatGuid: CHAT, message: "", method: "private-api" },
      "A 'message' or 'subject' is required when sending via the Private API",
    ],
  ] as const) {
    assert.deepEqual(await ask(known, body), [400, message]);
  }
  server.script("hang");
  const sending = { chatGuid: CHAT, message: "x", tempGuid: "t" };
  const hanging = fetch(`${server.url}/api/v1/message/text${known}`, {
    method: "POST",
    body: JSON.stringify(sending),
    signal: AbortSignal.timeout(200),
  });
  await assert.rejects(hanging);
  assert.deepEqual(await ask(known, sending), [400, "Message is already queued to be sent! (Temp GUID: t)"]);
});
