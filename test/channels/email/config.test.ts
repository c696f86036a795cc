import assert from "node:assert/strict";
import { test } from "node:test";
import { parseMailbox } from "../../../src/channels/email/address.ts";
import { EmailConfig } from "../../../src/channels/email/config.ts";

const SES = { kind: "email", region: "us-east-1", from: "runs@lab.org", to: ["pi@lab.org"] };
const SMTP = {
  kind: "email",
  transport: "smtp",
  url: "smtps://u:p@smtp.lab.org",
  from: "runs@lab.org",
  to: ["pi@lab.org"],
};
const SECRET = "s3cr3tPassw0rd";

const problemsOf = (config: unknown): string[] =>
  EmailConfig.safeParse(config).error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`) ??
  [];

test("takes what the documentation shows", () => {
  const good = [
    SES,
    {
      ...SES,
      transport: "ses",
      role_arn: "arn:aws:iam::123456789012:role/bioagent-ses",
      configuration_set: "runs",
    },
    {
      ...SES,
      region: "us-gov-west-1",
      from: "BioAgent <runs@lab.org>",
      reply_to: "Ada <ada@lab.org>",
      fallback: "lab",
    },
    { ...SES, to: ["PI <pi@lab.org>", '"Lovelace, Ada" <ada@lab.org>'] },
    SMTP,
    { ...SMTP, url: "smtp://relay.lab.org:25" },
    { ...SMTP, url: "smtps://apikey:SG.x%2Fy@smtp.sendgrid.net:465/" },
    { ...SMTP, url: "smtp://[::1]:1025" },
  ];
  for (const config of good) assert.deepEqual(problemsOf(config), [], JSON.stringify(config));
  assert.equal(EmailConfig.parse(SES).transport, "ses");
});

const BAD: Readonly<Record<string, readonly [config: object, ...problems: RegExp[]]>> = {
  "ses without region": [{ ...SES, region: undefined }, /^region: transport ses needs the AWS region/],
  "smtp without url": [{ ...SMTP, url: undefined }, /^url: transport smtp needs the server/],
  "ses with url": [{ ...SES, url: "smtps://u:p@h.org" }, /^url: is for transport smtp/],
  "smtp with region and role": [
    { ...SMTP, region: "us-east-1", role_arn: "arn:aws:iam::123456789012:role/x" },
    /^region: is for transport ses/,
    /^role_arn: is for transport ses/,
  ],
  "no region of AWS": [{ ...SES, region: "europe" }, /^region: expected an AWS region/],
  "no role": [{ ...SES, role_arn: "bioagent-ses" }, /^role_arn: expected a role/],
  "another protocol": [{ ...SMTP, url: `https://u:${SECRET}@h.org` }, /^url: expected an SMTP server/],
  "a password with a slash": [{ ...SMTP, url: `smtps://u:${SECRET}/x@h.org` }, /^url: expected/],
  "a password with a percent": [{ ...SMTP, url: `smtps://u:${SECRET}%x@h.org` }, /^url: .*%25/],
  "a user without password": [
    { ...SMTP, url: `smtps://${SECRET}@h.org` },
    /^url: expected user and password, or neither/,
  ],
  "options in the URL": [{ ...SMTP, url: `smtps://u:p@h.org?x=${SECRET}` }, /^url: expected nothing after/],
  "no addresses": [{ ...SES, to: [] }, /^to: /],
  "too many addresses": [{ ...SES, to: Array.from({ length: 51 }, (_, at) => `p${at}@lab.org`) }, /^to: /],
  "an address twice": [{ ...SES, to: ["pi@lab.org", "PI <PI@Lab.org>"] }, /^to\.1: is a second time/],
  "bad addresses": [
    { ...SES, from: "runs", to: ["pi@lab.org", "pi@lab", "a@b.c, d@e.f"], reply_to: "x@" },
    /^from: expected one address/,
    /^to\.1: expected one address/,
    /^to\.2: expected one address/,
    /^reply_to: expected one address/,
  ],
  "everything at once": [
    { kind: "email", transport: "smtp", from: 5, extra: SECRET },
    /^from: /,
    /^to: /,
    /Unrecognized key: "extra"/,
    /^url: transport smtp needs/,
  ],
};
for (const [what, [config, ...expected]] of Object.entries(BAD)) {
  test(`names every problem of ${what}, and shows no value`, () => {
    const problems = problemsOf(config);
    assert.equal(problems.length, expected.length, problems.join("\n"));
    for (const [at, pattern] of expected.entries()) assert.match(problems[at]!, pattern);
    assert.doesNotMatch(problems.join(), new RegExp(SECRET));
  });
}

test("an address is one address, with or without a name", () => {
  const good: Readonly<Record<string, readonly [name: string, address: string]>> = {
    "pi@lab.org": ["", "pi@lab.org"],
    " <pi@lab.org> ": ["", "pi@lab.org"],
    "PI <pi@lab.org>": ["PI", "pi@lab.org"],
    '"Doe, J. \\"JD\\"" <j.doe+runs@lab.org>': ['Doe, J. "JD"', "j.doe+runs@lab.org"],
    "Jörg <j@bücher.example>": ["Jörg", "j@xn--bcher-kva.example"],
    "root@localhost": ["", "root@localhost"],
  };
  for (const [text, [name, address]] of Object.entries(good))
    assert.deepEqual(parseMailbox(text), { name, address });
  const bad = [
    "",
    "@",
    "pi",
    "pi@",
    "@lab.org",
    "pi@lab",
    "pi@lab..org",
    "pi@-lab.org",
    ".pi@lab.org",
    "p..i@lab.org",
    "jörg@lab.org",
    "a@b.c d@e.f",
    "a@b.c,d@e.f",
    "A <a@b.c>, B <d@e.f>",
    "A <a@b.c> <d@e.f>",
    "A, B <a@b.c>",
    "group: a@b.c;",
    "pi@lab.org\r\nBcc: x@y.z",
    "P\nI <pi@lab.org>",
    "P\u202eI <pi@lab.org>",
    `${"x".repeat(65)}@lab.org`,
    `pi@${"lab.".repeat(70)}org`,
    `${"N".repeat(121)} <pi@lab.org>`,
    '"pi"@lab.org',
    "pi@[127.0.0.1]",
    "\ud83e <pi@lab.org>",
  ];
  for (const text of bad) assert.equal(parseMailbox(text), null, text);
});
