const HIDDEN = "[hidden]";

/** Path segments shorter than this are words (`services`, `hook`), not secrets. */
const MIN_SECRET_CHARS = 6;

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
  const pieces = [...path.split(/[/?&=]/), url.username, url.password];
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
