import assert from "node:assert/strict";
import { test } from "node:test";
import { openConsole } from "../../../src/channels/console/channel.ts";
import { previewConsole } from "../../../src/channels/console/preview.ts";
import { STORIES } from "../notice-stories.ts";

test("the preview is what is printed", async () => {
  let printed = "";
  const write = (text: string): void => {
    printed += text;
  };
  const story = STORIES["some-skipped"]!;
  await openConsole({ name: "console", write }).deliver(story, "console");
  assert.equal(`${(await previewConsole(story)).text}\n`, printed);
});
