import type { ChannelSettings } from "../../config.ts";

type Variables = Readonly<Record<string, string | undefined>>;

/** What a secret could look like, so that a channel opens without it; none of them is one. */
const SECRETS: Readonly<Record<string, string>> = {
  webhook_url: "https://hooks.slack.com/services/preview",
  bot_token: "xoxb-preview-only",
  password: "preview",
  secret: `whsec_${Buffer.alloc(32, "preview").toString("base64")}`,
  previous_secret: `whsec_${Buffer.alloc(32, "earlier").toString("base64")}`,
  token: "preview",
};

/** What else a variable may give that is not set here. */
const PLAIN: Readonly<Record<string, string>> = {
  channel: "#preview",
  api_url: "https://preview.example.org",
  url: "https://preview.example.org",
  region: "us-east-1",
  role_arn: "arn:aws:iam::000000000000:role/preview",
  from: "preview@example.org",
  to: "preview@example.org",
  reply_to: "preview@example.org",
  chat: "iMessage;-;+15550100000",
  repo: "preview/preview",
  send_timeout: "25s",
};

const REFERENCE = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g;

/** The variables that a channel's settings name and that are not set here. */
export function missingVariables(settings: ChannelSettings, variables: Variables): string[] {
  const named = [...JSON.stringify(settings).matchAll(REFERENCE)].map((match) => match[1]!);
  return [...new Set(named)].filter((name) => !variables[name]);
}

/**
 * The settings with every secret replaced by one that opens nothing: a preview needs none, so it is given none. What a set variable
 * says of anything else (an address, a repository) stays.
 */
export function withStandIns(settings: ChannelSettings, variables: Variables): ChannelSettings {
  const { kind, ...rest } = settings;
  const filled = Object.entries(rest).map(([key, value]) => [key, fill(kind, key, value, variables)]);
  return { ...Object.fromEntries(filled), kind };
}

function fill(kind: string, key: string, value: unknown, variables: Variables): unknown {
  if (Array.isArray(value)) return value.map((inner) => fill(kind, key, inner, variables));
  if (typeof value !== "string") return value;
  const refers = value.startsWith("sm://") || value.search(REFERENCE) >= 0;
  const secret = secretOf(kind, key);
  if (secret !== undefined) return refers ? secret : value;
  if (!refers) return value;
  const names = [...value.matchAll(REFERENCE)].map((match) => match[1]!);
  const isKnown = names.length > 0 && names.every((name) => variables[name]);
  return isKnown ? value : (PLAIN[key] ?? "preview");
}

/** A mail server's address has its password in it; a webhook's may have. */
function secretOf(kind: string, key: string): string | undefined {
  if (key !== "url") return SECRETS[key];
  if (kind === "email") return "smtps://preview:preview@mail.example.org";
  return kind === "webhook" ? "https://preview.example.org/hook" : undefined;
}
