import assert from "node:assert/strict";
import { test } from "node:test";
import { previewImessage } from "../../../src/channels/imessage/preview.ts";
import { STORIES } from "../notice-stories.ts";
import { imsgRig } from "./rigs.ts";

test("the preview is the text that is sent", async (t) => {
  const { channel, shown, close } = imsgRig();
  t.after(close);
  const story = STORIES["some-failed"]!;
  assert.equal((await channel.deliver(story, channel.name)).kind, "delivered");
  assert.deepEqual(shown(), [(await previewImessage(story)).text]);
});
