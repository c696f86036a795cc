import type { Preview } from "../../ports.ts";
import type { Paint } from "../render/paint.ts";
import { htmlText } from "./html-text.ts";
import type { ChannelPreview } from "./preview-channels.ts";
import { slackPosts } from "./slack-posts.ts";

/** Previews one below the other, for a terminal. */
export const previewLines = (previews: readonly ChannelPreview[], paint: Paint): string[] =>
  previews.flatMap((each, at) => [...(at === 0 ? [] : [""]), ...linesOf(each, paint)]);

function linesOf({ channel, kind, recipients, notes, preview }: ChannelPreview, paint: Paint): string[] {
  const to = recipients.filter((recipient) => recipient !== channel);
  const heading = `── ${channel} (${kind})${to.length > 0 ? ` to ${to.join(", ")}` : ""} ──`;
  return [
    paint("bold", heading),
    ...notes.map((note) => paint("yellow", note)),
    ...(preview?.title === undefined ? [] : [paint("bold", preview.title)]),
    ...(preview === null ? [] : shown(kind, preview).trimEnd().split("\n")),
  ];
}

function shown(kind: string, { form, text }: Preview): string {
  if (form === "html") return htmlText(text);
  const posts = form === "json" && kind === "slack" ? slackPosts(text) : null;
  if (posts === null) return text;
  return posts
    .map(({ place, parts }) =>
      [...(place === null ? [] : [`[${place}]`]), ...parts.map((part) => part.text)].join("\n"),
    )
    .join("\n\n");
}
