import assert from "node:assert/strict";
import { test } from "node:test";
import { parseMailbox } from "../../../src/channels/email/address.ts";
import { keptAfter } from "../../../src/channels/email/conversation.ts";
import { type Correspondents, composeMail } from "../../../src/channels/email/mail.ts";
import type { Kept, Message } from "../../../src/ports.ts";
import { headerOf, pageText, readMail } from "../../support/mail-text.ts";
import { HOSTILE_LINES, message, STORIES } from "../notice-stories.ts";

const NOW = new Date("2026-02-27T10:00:00Z");
const who = (to = "PI <pi@lab.org>", from = "BioAgent <runs@lab.org>"): Correspondents => ({
  from: parseMailbox(from)!,
  to: parseMailbox(to)!,
  replyTo: null,
});

const compose = (told: Message, people = who()) => composeMail(told, people, NOW);
const parsed = async (told: Message, people = who()) => readMail((await compose(told, people)).raw);
const started = (kept: Kept = {}) => ({ ...STORIES["started"]!, kept });

/** The header lines as they go over the wire, unfolded. */
function headerLines(raw: Buffer): string[] {
  const [head = ""] = raw.toString("latin1").split("\r\n\r\n");
  return head.replace(/\r\n[ \t]+/g, " ").split("\r\n");
}

test("is a text and a page, from and to one person, marked as nobody's own words", async () => {
  const mail = await parsed(STORIES["some-skipped"]!);
  assert.deepEqual(mail.from, { name: "BioAgent", address: "runs@lab.org" });
  assert.deepEqual(mail.to, [{ name: "PI", address: "pi@lab.org" }]);
  assert.equal(
    mail.subject,
    "🧬 BioAgent Run Complete: 2026-02-27_rnaseq_001 (✅ 9/10 succeeded, ⏭ 1 skipped)",
  );
  assert.equal(mail.date, "2026-02-27T10:00:00.000Z");
  assert.equal(headerOf(mail, "Auto-Submitted"), "auto-generated");
  assert.equal(headerOf(mail, "X-BioAgent-Run"), "2026-02-27_rnaseq_001");
  assert.equal(headerOf(mail, "X-Mailer"), undefined);
  assert.match(headerOf(mail, "Content-Type")!, /^multipart\/alternative;/);
  assert.equal(mail.attachments.length, 0);
  assert.match(mail.text!, /^🧬 BioAgent Run Complete\nRun: 2026-02-27_rnaseq_001\n/);
});

test("answers go where they should", async () => {
  const people = { ...who(), replyTo: parseMailbox("Ada Lovelace <ada@lab.org>") };
  const mail = await parsed(started(), people);
  assert.deepEqual(mail.replyTo, [{ name: "Ada Lovelace", address: "ada@lab.org" }]);
});

test("the same notice to the same person has the same Message-ID, and no other has", async () => {
  const ids = await Promise.all(
    [
      compose(started()),
      compose({ ...started(), possible_repeat: true }),
      compose(started(), who("Somebody <PI2@lab.org>")),
      compose(STORIES["all-succeeded"]!),
    ].map(async (mail) => (await mail).id),
  );
  assert.match(ids[0]!, /^<[0-9a-f]{32}@lab\.org>$/);
  assert.equal(ids[0], ids[1]);
  assert.equal(new Set(ids).size, 3);
  assert.equal((await parsed(started())).messageId, ids[0]);
});

test("the end of a run answers its start, and a third mail both", async () => {
  const first = await parsed(started());
  assert.deepEqual([first.inReplyTo, first.references], [undefined, undefined]);
  const subject = "s";
  const afterFirst = keptAfter({ event: "run.started", kept: {} }, { id: "<a@lab.org>", subject });
  const second = await parsed({ ...STORIES["waiting"]!, kept: afterFirst });
  assert.deepEqual([second.inReplyTo, second.references], ["<a@lab.org>", "<a@lab.org>"]);
  const waited = { event: "run.waiting", kept: afterFirst } as const;
  const kept = { ...afterFirst, ...keptAfter(waited, { id: "<b@lab.org>", subject }) };
  const third = await parsed({ ...STORIES["all-succeeded"]!, kept });
  assert.deepEqual([third.inReplyTo, third.references], ["<b@lab.org>", "<a@lab.org> <b@lab.org>"]);
});

/** What the inbox shows beside the subject. */
const previewIn = (html: string): string => /<div style="display:none[^>]*>([^&]*)/.exec(html)?.[1] ?? "";

test("one conversation also in Gmail: all mails have the start's subject, which does not tell the end", async () => {
  const start = await parsed(started());
  assert.equal(start.subject, "🧬 BioAgent Run: 2026-02-27_rnaseq_001");
  assert.equal(previewIn(start.html!), "Run Started · 10 samples, 5 steps, 46 jobs");
  let kept: Kept = {};
  for (const story of ["started", "waiting", "all-failed", "started", "all-succeeded"]) {
    const told = { ...STORIES[story]!, kept };
    const { id, subject } = await compose(told);
    if (kept["last_message_id"]) assert.equal(subject, `Re: ${start.subject}`, story);
    kept = { ...kept, ...keptAfter(told, { id, subject }) };
  }
});

test("in a conversation the result stands first beside the subject", async () => {
  const kept = {
    first_message_id: "<a@lab.org>",
    last_message_id: "<a@lab.org>",
    subject: "🧬 BioAgent Run: x",
  };
  const { html, text } = await parsed({ ...STORIES["all-failed"]!, kept });
  assert.equal(
    previewIn(html!),
    "Run Failed · ✅ 0/2 succeeded, ❌ 2 failed · sample01, sample02: fastqc failed (permission). The provider refused the creation.",
  );
  assert.match(text!, /^🧬 BioAgent Run Failed\nRun: /);
});

test("where the start was not told, a subject says how it went, and nobody else's subject is taken for it", async () => {
  for (const subject of [undefined, 7, "", null]) {
    const kept = {
      first_message_id: "<a@lab.org>",
      last_message_id: "<a@lab.org>",
      ...(subject === undefined ? {} : { subject }),
    };
    const mail = await parsed({ ...STORIES["all-failed"]!, kept });
    assert.equal(
      mail.subject,
      "🧬 BioAgent Run Failed: 2026-02-27_rnaseq_001 (✅ 0/2 succeeded, ❌ 2 failed)",
    );
  }
  const evil = "x\r\nBcc: evil@evil.example\r\n\r\n<b>";
  const { raw } = await compose({ ...STORIES["all-failed"]!, kept: { subject: evil } });
  assert.doesNotMatch(headerLines(raw).join("\n"), /^Bcc:/im);
});

test("a mail never answers itself, nor what is no id", async () => {
  const { id } = await compose(started());
  for (const bad of [id, "<a@b>\r\nBcc: x@evil.example", "a@lab.org", "<a b@lab.org>", 7, null]) {
    const { raw } = await compose(started({ first_message_id: bad, last_message_id: bad }));
    assert.doesNotMatch(headerLines(raw).join("\n"), /^(?:In-Reply-To|References|Bcc):/im);
  }
});

test("nothing in a run, a name or a status makes a header or a part of its own", async () => {
  const evil = [
    ...HOSTILE_LINES,
    "x\r\nBcc: evil@evil.example\r\n\r\n<b>body</b>",
    "--_NmP-x\r\n\r\n",
    "=?utf-8?Q?a?=",
  ];
  for (const line of evil) {
    const told = message("run.completed", {
      run_id: line,
      pipeline: line,
      status_line: line,
      output: line,
      details: [line],
      commands: [line],
    });
    const { raw } = await compose(told);
    const names = headerLines(raw).map((header) => header.slice(0, header.indexOf(":")));
    assert.deepEqual(names.toSorted(), [
      "Auto-Submitted",
      "Content-Type",
      "Date",
      "From",
      "MIME-Version",
      "Message-ID",
      "Subject",
      "To",
      "X-Auto-Response-Suppress",
      "X-BioAgent-Run",
    ]);
    const mail = await readMail(raw);
    assert.deepEqual([mail.to?.length, mail.bcc, mail.attachments.length], [1, undefined, 0]);
    assert.doesNotMatch(mail.subject!, /[\p{Cc}\u2028\u2029\u202e]/u);
    assert.ok(mail.subject!.length <= 180);
    assert.match(headerOf(mail, "X-BioAgent-Run")!, /^[\w.-]{1,128}$/);
  }
});

test("names of people stay names", async () => {
  const names = {
    '"Lovelace, Ada" <ada@lab.org>': "Lovelace, Ada",
    "Éva Ő <eva@lab.org>": "Éva Ő",
    '"a\\"b <x@evil.example>" <b@lab.org>': 'a"b <x@evil.example>',
  };
  for (const [to, name] of Object.entries(names)) {
    const mail = await parsed(started(), who(to));
    assert.deepEqual(mail.to, [{ name, address: parseMailbox(to)!.address }]);
  }
});

test("goes through any server: ASCII, CRLF, no line above 998, a page that Gmail shows whole", async () => {
  const piece = {
    ascii: "x".repeat(5_000),
    emoji: "🧬".repeat(300),
    entities: "&<>\"'".repeat(200),
    cjk: "検体".repeat(300),
  };
  for (const [what, line] of Object.entries(piece)) {
    const details = Array.from({ length: 3_000 }, () => line);
    const { raw } = await compose(
      message("run.failed", { details, run_id: line, output: line, pipeline: line }),
    );
    const text = raw.toString("latin1");
    assert.doesNotMatch(text, /[^\x00-\x7f]/, what);
    assert.doesNotMatch(text.replaceAll("\r\n", ""), /[\r\n]/, what);
    assert.ok(Math.max(...text.split("\r\n").map((it) => it.length)) <= 998, what);
    const { html } = await readMail(raw);
    assert.ok(Buffer.byteLength(html!) < 102_000, `${what}: ${Buffer.byteLength(html!)} bytes`);
    assert.match(pageText(html!), /… and \d+ more/);
  }
});

test("what fits is not cut", async () => {
  const details = Array.from({ length: 50 }, (_, at) =>
    `sample${at} failed: ${"because ".repeat(50)}`.trimEnd(),
  );
  const { html, text } = await parsed(message("run.failed", { details }));
  for (const shown of [pageText(html!), text!]) {
    assert.deepEqual(
      shown.split("\n").filter((line) => line.startsWith("sample")),
      details,
    );
    assert.doesNotMatch(shown, /more$/m);
  }
});

test("the page holds no markup but its own, no link, no picture, no script", async () => {
  const line = `<img src=x onerror=alert(1)><script>x</script><a href="javascript:x">y</a></td></table>' "`;
  const facts = {
    run_id: line,
    pipeline: line,
    status_line: `✅ ${line}, ❌ ${line}`,
    output: line,
    details: [line],
    commands: [line],
    retries: line,
  };
  const { html } = await parsed(message("run.failed", facts));
  const { html: clean } = await parsed(
    message("run.failed", {
      ...facts,
      run_id: "r",
      pipeline: "p",
      status_line: "✅ a, ❌ b",
      output: "o",
      details: ["d"],
      commands: ["c"],
      retries: "r",
    }),
  );
  const tags = (page: string) => page.match(/<[^>]*>/g);
  assert.deepEqual(tags(html!), tags(clean!));
  assert.doesNotMatch(clean!, /<(?:a|img|script|link|iframe|form)\b|url\(/);
});

test("a sentence that begins with Hebrew or Arabic reads from left to right like the rest of the page", async () => {
  const { html } = await parsed(message("run.failed", { details: ["דוגמה failed: no file"] }));
  assert.match(html!, /<li style="[^"]*">דוגמה failed: no file<\/li>/);
  assert.doesNotMatch(html!, /\bdir=/);
});

test("the inbox shows the counts and the first reason beside the subject", async () => {
  const { html } = await parsed(STORIES["some-failed"]!);
  assert.match(
    previewIn(html!),
    /^✅ 7\/10 succeeded, ❌ 2 failed, ⏭ 1 skipped, step multiqc failed · sample02: salmon_quant/,
  );
});

test("the stripe is green only for a run in which everything succeeded", async () => {
  const green = "border-top:4px solid #1a7f37";
  for (const [story, told] of Object.entries(STORIES)) {
    const { html } = await parsed(told);
    assert.equal(html!.includes(green), story === "all-succeeded", story);
  }
});
