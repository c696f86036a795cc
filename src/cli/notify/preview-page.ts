import type { Message, Preview } from "../../ports.ts";
import type { ChannelPreview } from "./preview-channels.ts";
import { STYLE } from "./preview-style.ts";
import { type SlackPost, slackPosts } from "./slack-posts.ts";

/** One page with all previews side by side. It loads nothing, and what stands in it runs nothing. */
export function previewPage({ event, facts }: Message, previews: readonly ChannelPreview[]): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapeHtml(`${event} of ${facts.run_id}`)}</title>
<style>
${STYLE}
</style>
</head>
<body>
<header>
<h1>What is told of <code>${escapeHtml(event)}</code></h1>
<p>Run ${escapeHtml(facts.run_id)} (${escapeHtml(facts.name)}). A preview: nothing was sent.</p>
</header>
<main>
${previews.map(card).join("\n")}
</main>
</body>
</html>
`;
}

function card({ channel, kind, recipients, notes, preview }: ChannelPreview): string {
  const to = recipients.filter((recipient) => recipient !== channel);
  return [
    '<section class="card">',
    `<h2>${escapeHtml(channel)} <small>${escapeHtml(kind)}</small></h2>`,
    ...(to.length > 0 ? [`<p class="to">to ${escapeHtml(to.join(", "))}</p>`] : []),
    ...notes.map((note) => `<p class="note">${escapeHtml(note)}</p>`),
    ...(preview === null ? [] : [shown(kind, preview)]),
    "</section>",
  ].join("\n");
}

function shown(kind: string, preview: Preview): string {
  const { form, text } = preview;
  const title = preview.title === undefined ? "" : `<p class="title">${escapeHtml(preview.title)}</p>\n`;
  switch (form) {
    case "html":
      return `${title}<iframe sandbox="" title="mail" srcdoc="${escapeHtml(text)}"></iframe>`;
    case "markdown":
      return `${title}<pre>${escapeHtml(text)}</pre>`;
    case "json": {
      const posts = kind === "slack" ? slackPosts(text) : null;
      return `${title}${posts === null ? `<pre>${escapeHtml(text)}</pre>` : posts.map(slackPost).join("\n")}`;
    }
    case "text":
      return kind === "imessage"
        ? `<div class="phone"><div class="bubble">${escapeHtml(text)}</div></div>`
        : `${title}<pre class="console">${escapeHtml(text)}</pre>`;
    default:
      return form satisfies never;
  }
}

const PLACES: Readonly<Record<string, string>> = {
  message: "One message, kept up to date",
  thread: "Reply in its thread",
  "thread and channel": "Reply in its thread, also shown in the channel",
};

const slackPost = ({ place, parts }: SlackPost): string =>
  [
    ...(place === null ? [] : [`<p class="place">${escapeHtml(PLACES[place] ?? place)}</p>`]),
    `<div class="slack${place?.startsWith("thread") ? " reply" : ""}">`,
    `<div class="avatar">🧬</div>`,
    `<div><p class="author">BioAgent <span>APP</span></p>`,
    ...parts.map(({ type, text }) => `<p class="${classOf(type)}">${escapeHtml(text)}</p>`),
    "</div>",
    "</div>",
  ].join("\n");

const classOf = (type: string): string => (type === "header" || type === "context" ? type : "section");

const CHARACTERS: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (char) => CHARACTERS[char] ?? char);
