/** Who must not stand in a file that is committed: what it is called, and what stands there instead. */
export interface Identities {
  readonly project: string;
  readonly projectNumber: string | null;
  readonly bucket: string | null;
  readonly network: string | null;
  readonly subnetwork: string | null;
  readonly mirror: string | null;
}

export const NUMBER = "123456789012";
const PROJECT = "my-project";
/** Bounded, and only from the beginning of a word: a long text without any is searched in linear time. */
const EMAIL = /(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+/g;
const NUMBERED = /projects\/\d{6,}(?=[/"?#:\s]|$)/g;
const ADDRESS = /\b(?:\d{1,3}\.){3}\d{1,3}\b/g;

/** The same document without ids and numbers of the project, names of its buckets and networks, e-mails and IP addresses. */
export function anonymized<T>(document: T, who: Identities): T {
  const replace = replacer(who);
  return JSON.parse(replace(JSON.stringify(document ?? null))) as T;
}

/** The same for a text. */
export function replacer(who: Identities): (text: string) => string {
  const named: readonly (readonly [string | null, string])[] = [
    [who.mirror, "us-docker.pkg.dev/my-project/mirror"],
    [who.subnetwork, "my-subnetwork"],
    [who.network, "my-network"],
    [who.bucket, "my-bucket"],
    [who.project, PROJECT],
    [who.projectNumber, NUMBER],
  ];
  return (text) => {
    let clean = text.replace(EMAIL, "someone@example.com").replace(NUMBERED, `projects/${NUMBER}`);
    for (const [name, instead] of named) if (name) clean = withoutName(clean, name, instead);
    return clean.replace(ADDRESS, (address) => (address === "127.0.0.1" ? address : "192.0.2.1"));
  };
}

/** A short name might be part of any word; a long one is replaced wherever it stands (`my-lab-123-logs`). */
function withoutName(text: string, name: string, instead: string): string {
  if (name.length >= 6) return text.replaceAll(name, instead);
  const escaped = name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return text.replace(new RegExp(`(?<![A-Za-z0-9-])${escaped}(?![A-Za-z0-9-])`, "g"), instead);
}
