import assert from "node:assert/strict";
import { describe } from "node:test";
import { openEmail } from "../../../src/channels/email/channel.ts";
import { EmailConfig } from "../../../src/channels/email/config.ts";
import {
  type ChannelFault,
  type ChannelRig,
  HTTP_STATUSES,
  type StatusSweep,
  testChannel,
} from "../../contracts/channel.ts";
import { mailRig } from "../../support/mail-rig.ts";
import { type SesScript, type SesServer, sesError, startSesServer } from "../../support/ses-server.ts";

/** The first call of a process loads Amazon's parts, which takes a busy machine a while. */
const TIMEOUT_MILLISECONDS = 1_500;
const SECRET_KEY = "wJalrXUtnFEMI-K7MDENG-bPxRfiCY-OF-A-TEST";

// The SDK reads these itself; the test runner gives every file its own process.
Object.assign(process.env, {
  AWS_ACCESS_KEY_ID: "AKIATESTKEY000000001",
  AWS_SECRET_ACCESS_KEY: SECRET_KEY,
  AWS_EC2_METADATA_DISABLED: "true",
});

/** A channel whose SDK is told of the server as an operator would. */
function rigOf(server: SesServer, url = server.url): ChannelRig {
  process.env["AWS_ENDPOINT_URL_SES"] = url;
  const config = EmailConfig.parse({
    kind: "email",
    transport: "ses",
    region: "us-east-1",
    from: "BioAgent <runs@lab.org>",
    to: ["PI <pi@lab.org>"],
    configuration_set: "runs",
  });
  const deps = { write: () => assert.fail(), allowPrivateUrls: false };
  const channel = openEmail("pi", config, deps, { timeoutMilliseconds: TIMEOUT_MILLISECONDS });
  return {
    ...mailRig(channel, () => server.mails()),
    secrets: [SECRET_KEY, "AKIATESTKEY000000001"],
    close: () => server.close(),
  };
}

function played(
  name: string,
  script: SesScript,
  expected: ChannelFault["expected"],
  says?: RegExp,
): ChannelFault {
  const arrange = async (): Promise<ChannelRig> => {
    const server = await startSesServer();
    server.script(script);
    return rigOf(server);
  };
  return { name, arrange, expected, ...(says ? { says } : {}) };
}

const NOT_VERIFIED =
  "Email address is not verified. The following identities failed the check in region US-EAST-1:";
const broken = { kind: "permanent", disable: true } as const;
const ours = { kind: "permanent", disable: false } as const;
const ambiguous = { kind: "ambiguous" } as const;

const faults: ChannelFault[] = [
  played(
    "too fast",
    sesError(400, "Throttling", "Maximum sending rate exceeded."),
    { kind: "rejected", after_seconds: 2 },
    /mails a second/,
  ),
  played(
    "the daily quota",
    sesError(400, "Throttling", "Daily message quota exceeded."),
    { kind: "rejected", after_seconds: 3_600 },
    /daily quota/,
  ),
  played("ThrottlingException", sesError(400, "ThrottlingException", "Rate exceeded"), {
    kind: "rejected",
    after_seconds: 2,
  }),
  played(
    "a sender that is not verified",
    sesError(400, "MessageRejected", `${NOT_VERIFIED} runs@lab.org`),
    broken,
    /runs@lab.org is not verified in us-east-1; verify/,
  ),
  played(
    "a sender's domain that is not verified",
    sesError(400, "MessageRejected", `${NOT_VERIFIED} pi@lab.org, lab.org`),
    broken,
    /verify the address or its domain/,
  ),
  played(
    "identities that are not named",
    sesError(400, "MessageRejected", "Email address is not verified."),
    broken,
    /not verified/,
  ),
  played(
    "a recipient that the sandbox does not know",
    sesError(400, "MessageRejected", `${NOT_VERIFIED} pi@lab.org`),
    ours,
    /sandbox/,
  ),
  played(
    "an account that AWS has stopped",
    sesError(400, "MessageRejected", "Sending suspended for this account."),
    broken,
    /stopped/,
  ),
  played(
    "a mail that is refused",
    sesError(400, "MessageRejected", "Message content is not allowed"),
    ours,
    /MessageRejected \("Message content/,
  ),
  played(
    "MailFromDomainNotVerified",
    sesError(400, "MailFromDomainNotVerifiedException", "x"),
    broken,
    /MX record/,
  ),
  played(
    "MailFromDomainNotVerified, by its other name",
    sesError(400, "MailFromDomainNotVerified", "x"),
    broken,
    /MX record/,
  ),
  played("AccountSendingPaused", sesError(400, "AccountSendingPausedException", "x"), broken, /resume it/),
  played(
    "AccountSendingPaused, by its other name",
    sesError(400, "AccountSendingPaused", "x"),
    broken,
    /resume it/,
  ),
  played(
    "a paused configuration set",
    sesError(400, "ConfigurationSetSendingPausedException", "x"),
    broken,
    /configuration set runs/,
  ),
  played(
    "a missing configuration set",
    sesError(400, "ConfigurationSetDoesNotExist", "x"),
    broken,
    /no configuration set runs in us-east-1/,
  ),
  played(
    "keys that are wrong",
    sesError(403, "InvalidClientTokenId", "The security token included in the request is invalid."),
    broken,
    /AWS_ACCESS_KEY_ID/,
  ),
  played(
    "a signature that is wrong",
    sesError(403, "SignatureDoesNotMatch", `The Canonical String ... ${SECRET_KEY}`),
    broken,
    /SignatureDoesNotMatch/,
  ),
  played(
    "a session that has ended",
    sesError(403, "ExpiredToken", "x"),
    { kind: "rejected", after_seconds: 900, alone: true },
    /log in again/,
  ),
  played(
    "a permission that is missing",
    sesError(403, "AccessDenied", "User arn:aws:iam::1:user/x is not authorized to perform ses:SendRawEmail"),
    broken,
    /allow ses:SendRawEmail/,
  ),
  played(
    "a clock that is wrong",
    sesError(400, "RequestExpired", "x"),
    { kind: "rejected", after_seconds: 5 },
    /clock/,
  ),
  played(
    "a clock that is wrong, said as a wrong signature",
    sesError(
      403,
      "SignatureDoesNotMatch",
      "Signature expired: 20260227T090000Z is now earlier than 20260227T095500Z",
    ),
    { kind: "rejected", after_seconds: 5 },
    /clock/,
  ),
  played(
    "an address that SES cannot read",
    sesError(400, "InvalidParameterValue", "Missing final '@domain'"),
    ours,
    /Missing final/,
  ),
  played("503 Throttling", sesError(503, "Throttling", "Rate exceeded"), {
    kind: "rejected",
    after_seconds: 2,
  }),
  played("500 InternalFailure", sesError(500, "InternalFailure", "x"), ambiguous, /500 InternalFailure/),
  played("503 ServiceUnavailable", sesError(503, "ServiceUnavailable", "x"), {
    kind: "rejected",
    after_seconds: null,
  }),
  played("503 of a gateway", { status: 503, body: "<html>", type: "text/html" }, ambiguous),
  played(
    "502 of a gateway",
    { status: 502, body: "<html>bad", type: "text/html" },
    ambiguous,
    /502 with something else/,
  ),
  played(
    "403 of a proxy",
    { status: 403, body: "<html>Blocked</html>", type: "text/html" },
    ours,
    /403 with something else.*a proxy/,
  ),
  played(
    "404 of something else",
    { status: 404, body: "<html>", type: "text/html" },
    ours,
    /404 with something else.*is it SES/,
  ),
  played("400 in JSON", { status: 400, body: '{"message":"Bad"}', type: "application/json" }, ours),
  played("302", { status: 302 }, { kind: "rejected" }, /AWS_ENDPOINT_URL_SES/),
  played("429", { status: 429 }, { kind: "rejected", after_seconds: 2 }),
  played("200 without an id", { status: 200, body: "" }, ambiguous, /without a message id/),
  played("200 with a page", { status: 200, body: "<html>Log in</html>" }, ambiguous),
  played("silence", "hang", ambiguous, /timeout/),
  played("a reset after the request", "reset", ambiguous, /ECONNRESET/),
  played("a reset in the middle of the answer", "half", ambiguous, /ECONNRESET/),
  {
    name: "a closed port",
    arrange: async () => {
      const server = await startSesServer();
      await server.close();
      return { ...rigOf(server), close: async () => {} };
    },
    expected: { kind: "rejected", after_seconds: null },
    says: /not reached.*ECONNREFUSED/,
  },
  {
    name: "an address that is none",
    arrange: async () => rigOf(await startSesServer(), "ses.example"),
    expected: { kind: "rejected", after_seconds: null },
    says: /not reached/,
  },
  {
    name: "TLS with a server that speaks none",
    arrange: async () => {
      const server = await startSesServer();
      return rigOf(server, server.url.replace("http:", "https:"));
    },
    expected: { kind: "rejected", after_seconds: null },
  },
];

const sweep: StatusSweep = {
  name: "every HTTP status",
  statuses: HTTP_STATUSES,
  open: async () => {
    const server = await startSesServer();
    return { ...rigOf(server), answer: (status, body) => server.script({ status, body, type: "text/html" }) };
  },
  expected: (status) => {
    if (status < 300 || status >= 500) return "ambiguous";
    return status < 400 || status === 408 || status === 429 ? "rejected" : "permanent";
  },
};

describe("through SES", () =>
  testChannel({
    kind: "email",
    extension: "html",
    open: async () => rigOf(await startSesServer()),
    maxShownChars: 30_000,
    maxMilliseconds: 4_000,
    faults,
    sweeps: [sweep],
  }));
