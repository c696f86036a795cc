import assert from "node:assert/strict";
import { test } from "node:test";
import { composeMail } from "../../../src/channels/email/mail.ts";
import { previewEmail } from "../../../src/channels/email/preview.ts";
import { readMail } from "../../support/mail-text.ts";
import { HOSTILE_LINES, message, STORIES } from "../notice-stories.ts";

const who = {
  from: { name: "", address: "runs@lab.org" },
  to: { name: "", address: "pi@lab.org" },
  replyTo: null,
};

test("the preview is the mail's page and subject, also of the longest notice that core makes", async () => {
  const long = Array.from({ length: 10 }, (_, at) =>
    HOSTILE_LINES[at % HOSTILE_LINES.length]!.padEnd(500, "&"),
  );
  for (const told of [...Object.values(STORIES), message("run.failed", { details: long, more: 90 })]) {
    const mail = await readMail((await composeMail(told, who, new Date())).raw);
    const preview = await previewEmail(told);
    assert.equal(preview.form, "html");
    assert.equal(preview.title, mail.subject);
    assert.equal(preview.text.trim(), mail.html?.trim());
  }
});
