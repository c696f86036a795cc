const HIDDEN = "[hidden]";
const CHAT = "[chat]";

/** A function that takes the password, however it is spelt, and whom the chat reaches out of a text; one line remains. */
export function concealer(parts: { password: string | undefined; chat: string }): (text: string) => string {
  const secrets = spellings(parts.password ?? "");
  const address = parts.chat.split(";").at(-1) ?? "";
  const chats = [...spellings(parts.chat), ...spellings(address)];
  return (text) => {
    const bare = secrets.reduce((shown, secret) => shown.replaceAll(secret, HIDDEN), text);
    return chats
      .reduce((shown, chat) => shown.replaceAll(chat, CHAT), bare)
      .replace(/([?&](?:password|guid|token)=)[^\s&"'<>]*/gi, `$1${HIDDEN}`)
      .replace(/\s+/g, " ")
      .trim();
  };
}

/** Raw, as part of a URL, as part of a form, and inside JSON; the longest first. */
function spellings(text: string): string[] {
  if (text === "") return [];
  const formed = new URLSearchParams({ x: text }).toString().slice(2);
  const encoded = encodeURIComponent(text.toWellFormed());
  return [...new Set([text, encoded, formed, JSON.stringify(text).slice(1, -1)])].sort(
    (a, b) => b.length - a.length,
  );
}
