import { z } from "zod";
import { CHANNEL_BASE } from "../channel-base.ts";
import { parseMailbox } from "./address.ts";

const isMailbox = (text: string): boolean => parseMailbox(text) !== null;
const Address = z.string().refine(isMailbox, "expected one address, such as pi@lab.org or PI <pi@lab.org>");

/** Its messages never show it: the password stands in it. */
const SmtpUrl = z.string().superRefine((text, context) => {
  const problem = smtpUrlProblem(text);
  if (problem) context.addIssue({ code: "custom", message: problem });
});

function smtpUrlProblem(text: string): string | null {
  const url = URL.parse(text);
  if (url === null || !/^smtps?:$/.test(url.protocol) || url.hostname === "") {
    return "expected an SMTP server, smtps://USER:PASSWORD@HOST or smtp://HOST:587, with :/?#@% in user and password percent-encoded";
  }
  if (url.pathname.length > 1 || url.search || url.hash) {
    return "expected nothing after the host and port (a / ? or # in the password is written %2F %3F %23)";
  }
  if ((url.username === "") !== (url.password === "")) return "expected user and password, or neither";
  return hasDecodableLogin(url) ? null : "expected % in user and password to be written %25";
}

function hasDecodableLogin(url: URL): boolean {
  try {
    decodeURIComponent(url.username + url.password);
    return true;
  } catch {
    return false; // URIError: a % that encodes nothing.
  }
}

/** Settings of one transport that the other does not know. */
const ONLY = { ses: ["region", "role_arn", "configuration_set"], smtp: ["url"] } as const;

/**
 * `transport: ses` through Amazon's API in `region`, with AWS's customary credentials, or from Google Cloud without any as `role_arn`;
 * `transport: smtp` through any server, `url` with its password in it (a secret). `to` may hold names; each gets a mail of its own.
 */
export const EmailConfig = z
  .strictObject({
    kind: z.literal("email"),
    transport: z.enum(["ses", "smtp"]).default("ses"),
    region: z
      .string()
      .regex(/^[a-z]{2,4}(?:-[a-z]+)+-\d{1,2}$/, { error: "expected an AWS region, such as us-east-1" })
      .optional(),
    role_arn: z
      .string()
      .regex(/^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]{1,512}$/, {
        error: "expected a role, such as arn:aws:iam::123456789012:role/bioagent-ses",
      })
      .optional(),
    configuration_set: z
      .string()
      .regex(/^[\w-]{1,64}$/, { error: "expected the name of an SES configuration set" })
      .optional(),
    url: SmtpUrl.optional(),
    from: Address,
    to: z.array(Address).min(1).max(50),
    reply_to: Address.optional(),
    ...CHANNEL_BASE,
  })
  .superRefine(
    (config, context) => {
      for (const { path, message } of problemsOf(config)) context.addIssue({ code: "custom", path, message });
    },
    // Also where a setting is missing or of another type, so that all problems are told at once.
    { when: () => true },
  );
export type EmailConfig = z.infer<typeof EmailConfig>;

interface Problem {
  readonly path: (string | number)[];
  readonly message: string;
}

/** What is wrong between settings that are each well formed. */
function problemsOf(config: Readonly<Record<string, unknown>>): Problem[] {
  const { transport, to } = config;
  if (transport !== "ses" && transport !== "smtp") return [];
  const other = transport === "ses" ? "smtp" : "ses";
  const strange = ONLY[other].filter((key) => config[key] !== undefined);
  return [
    ...(transport === "ses" && config["region"] === undefined
      ? [{ path: ["region"], message: "transport ses needs the AWS region, such as us-east-1" }]
      : []),
    ...(transport === "smtp" && config["url"] === undefined
      ? [
          {
            path: ["url"],
            message: "transport smtp needs the server, such as smtps://USER:PASSWORD@smtp.lab.org",
          },
        ]
      : []),
    ...strange.map((key) => ({
      path: [key],
      message: `is for transport ${other}, and this is ${transport}`,
    })),
    ...(Array.isArray(to) ? repeatedIn(to.map(String)) : []),
  ];
}

/** Addresses that differ in case or name only: the second mail would reach the same person. */
function repeatedIn(to: readonly string[]): Problem[] {
  const addresses = to.map((text) => parseMailbox(text)?.address.toLowerCase());
  return addresses.flatMap((address, at) =>
    address !== undefined && addresses.indexOf(address) < at
      ? [{ path: ["to", at], message: "is a second time in the list" }]
      : [],
  );
}
