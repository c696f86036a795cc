import { describe } from "node:test";
import { openEmail } from "../../../src/channels/email/channel.ts";
import { EmailConfig } from "../../../src/channels/email/config.ts";
import {
  type ChannelFault,
  type ChannelRig,
  type StatusSweep,
  testChannel,
} from "../../contracts/channel.ts";
import { letterOf, mailRig } from "../../support/mail-rig.ts";
import { type SmtpScript, startSmtpServer, type TestSmtpServer } from "../../support/smtp-server.ts";

const TIMEOUT_MILLISECONDS = 400;

function rigOf(server: TestSmtpServer, url = server.url): ChannelRig {
  const config = EmailConfig.parse({
    kind: "email",
    transport: "smtp",
    url,
    from: "BioAgent <runs@lab.org>",
    to: ["PI <pi@lab.org>"],
  });
  const deps = { write: () => undefined, allowPrivateUrls: true };
  const channel = openEmail("pi", config, deps, { timeoutMilliseconds: TIMEOUT_MILLISECONDS });
  return {
    ...mailRig(channel, () => server.received.map(({ raw }) => raw), letterOf),
    secrets: server.secrets,
    close: () => server.close(),
  };
}

function played(
  name: string,
  script: SmtpScript,
  expected: ChannelFault["expected"],
  says?: RegExp,
): ChannelFault {
  const arrange = async (): Promise<ChannelRig> => {
    const server = await startSmtpServer();
    server.script(script);
    return rigOf(server);
  };
  return { name, arrange, expected, ...(says ? { says } : {}) };
}

const said = (at: SmtpScript["at"], code: number, text: string): SmtpScript => ({ at, does: { code, text } });
const broken = { kind: "permanent", disable: true } as const;
const ours = { kind: "permanent", disable: false } as const;

const faults: ChannelFault[] = [
  played("421 at the greeting", said("connect", 421, "4.3.2 too busy"), { kind: "rejected" }, /421 4.3.2/),
  played("554 at the greeting", said("connect", 554, "5.7.1 blocked"), broken, /does not serve/),
  played(
    "silence at the greeting",
    { at: "connect", does: "hang" },
    { kind: "rejected" },
    /timeout|TIMEDOUT/i,
  ),
  played("a reset at the greeting", { at: "connect", does: "reset" }, { kind: "rejected" }),
  played(
    "535 to the login",
    said("auth", 535, "5.7.8 wrong s3cr3t/Pass:word@Lab"),
    broken,
    /535 5.7.8: correct user and password in url of channel pi/,
  ),
  played(
    "504 to the login",
    said("auth", 504, "5.5.4 unrecognized authentication type"),
    broken,
    /no login by user and password there.*url of channel pi/,
  ),
  played("454 to the login", said("auth", 454, "4.7.0 later"), { kind: "rejected" }, /454 4.7.0/),
  played("silence at the login", { at: "auth", does: "hang" }, { kind: "rejected" }, /login/),
  played("550 to the sender", said("mail", 550, "5.7.60 no right to send as"), broken, /runs@lab.org/),
  played(
    "a refusal that repeats the password",
    said("mail", 550, "5.7.60 you are s3cr3t/Pass:word@Lab, czNjcjN0L1Bhc3M6d29yZEBMYWI="),
    broken,
    /you are \[hidden\], \[hidden\]/,
  ),
  played("530 to the sender", said("mail", 530, "5.7.0 authenticate first"), broken, /user and password/),
  played("552 to the sender", said("mail", 552, "5.3.4 too large"), ours, /552 5.3.4/),
  played("451 to the sender", said("mail", 451, "4.3.0 later"), { kind: "rejected", after_seconds: null }),
  played("550 to the recipient", said("rcpt", 550, "5.1.1 no such user"), ours, /no such user.*pi@lab.org/),
  played("552 mailbox full", said("rcpt", 552, "5.2.2 over quota"), ours),
  played("450 greylisted", said("rcpt", 450, "4.2.0 Greylisted, come back"), {
    kind: "rejected",
    after_seconds: 300,
    alone: true,
  }),
  played(
    "550 daily limit",
    said("rcpt", 550, "5.4.5 Daily user sending limit exceeded"),
    { kind: "rejected", after_seconds: 3_600 },
    /quota/,
  ),
  played("a reset at the recipient", { at: "rcpt", does: "reset" }, { kind: "rejected" }),
  played("silence at the recipient", { at: "rcpt", does: "hang" }, { kind: "rejected" }),
  played("554 to the mail", said("data", 554, "5.7.1 looks like spam"), ours, /looks like spam/),
  played("452 to the mail", said("data", 452, "4.3.1 no space"), { kind: "rejected", after_seconds: null }),
  played("421 to the mail", said("data", 421, "4.3.2 closing"), { kind: "rejected" }),
  played("a reset after the mail", { at: "data", does: "reset" }, { kind: "ambiguous" }, /may have arrived/),
  played("silence after the mail", { at: "data", does: "hang" }, { kind: "ambiguous" }, /timeout|TIMEDOUT/i),
  {
    name: "a closed port",
    arrange: async () => {
      const server = await startSmtpServer();
      await server.close();
      return { ...rigOf(server), close: async () => {} };
    },
    expected: { kind: "rejected", after_seconds: null },
    says: /ECONNREFUSED/,
  },
  {
    name: "a wrong password",
    arrange: async () => {
      const server = await startSmtpServer();
      return rigOf(server, server.url.replace("Lab@", "Labx@"));
    },
    expected: broken,
    says: /correct user and password/,
  },
];

/** RFC 5321 and 4954, and one of each class that stands in neither. */
const REFUSALS = [
  421, 432, 450, 451, 452, 454, 455, 499, 500, 501, 502, 503, 504, 521, 530, 534, 535, 538, 550, 551, 552,
  553, 554, 555, 556, 599,
];

const answersTo = (at: SmtpScript["at"]): StatusSweep => ({
  name: `every refusal at ${at}`,
  statuses: REFUSALS,
  open: async () => {
    const server = await startSmtpServer();
    return { ...rigOf(server), answer: (code, text) => server.script({ at, does: { code, text } }) };
  },
  expected: (code) => (code < 500 ? "rejected" : "permanent"),
});

describe("through a mail server", () =>
  testChannel({
    kind: "email",
    extension: "txt",
    open: async () => rigOf(await startSmtpServer()),
    maxShownChars: 30_000,
    maxMilliseconds: 2_000,
    faults,
    sweeps: [answersTo("connect"), answersTo("rcpt"), answersTo("data")],
  }));
