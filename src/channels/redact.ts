const HIDDEN = "[hidden]";

/** What is shorter is a word (`hook`, `v1`), not a secret. */
const MIN_SECRET_CHARS = 6;
/** So are path segments and names in a query such as `services`, `webhook`, `password`: they stand in our own sentences. */
const WORD = /^[a-z]{1,12}$/;

/** A function that takes these URLs, and every part of them that is secret, out of a text; other URLs lose their path. */
export function redactor(secretUrls: readonly string[]): (text: string) => string {
  const secrets = [...new Set(secretUrls.flatMap(secretsOf))].sort((a, b) => b.length - a.length);
  return (text) =>
    secrets
      .reduce((shown, secret) => shown.replaceAll(secret, HIDDEN), text)
      .replace(/\b(https?:\/\/[^\s/"'<>]+)[/?#][^\s"'<>]*/gi, `$1/${HIDDEN}`);
}

function secretsOf(secretUrl: string): string[] {
  const url = URL.parse(secretUrl);
  if (url === null) return secretUrl.length >= MIN_SECRET_CHARS ? [secretUrl] : [];
  const path = `${url.pathname}${url.search}`;
  const values = [...url.searchParams.values()];
  const parts = path.split(/[/?&=]/).filter((part) => !WORD.test(part) || values.includes(part));
  const pieces = [...parts, url.username, url.password];
  return [secretUrl, url.href, path, ...pieces, ...pieces.map(decoded)].filter(
    (piece) => piece.length >= MIN_SECRET_CHARS,
  );
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // Not percent-encoded after all: it stands as it is.
  }
}
