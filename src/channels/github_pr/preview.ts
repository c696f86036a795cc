import type { Message, Preview } from "../../ports.ts";
import type { GithubPrConfig } from "./config.ts";
import { type Story, storyOf } from "./story.ts";

/** The pull request as it would be opened now, then the file on its branch, then the comment of a run's end. */
export async function previewGithubPr(message: Message, config: GithubPrConfig): Promise<Preview> {
  const view = message.test ? null : await message.view();
  const story = storyOf(config, message, view);
  return { form: "markdown", title: story.newPull.title, text: `${partsOf(story).join("\n\n")}\n` };
}

function partsOf({ branch, newPull, place, fileText, comment }: Story): string[] {
  return [
    `[pull request from branch ${branch}]`,
    withoutMarkers(newPull.body),
    `[file ${place.path}${place.shared ? ", this part of it" : ""}]`,
    withoutMarkers(fileText(null)),
    ...(comment === null ? [] : ["[comment]", withoutMarkers(comment.body)]),
  ];
}

/** Lines that GitHub does not show; they say which part of a text is ours. */
const withoutMarkers = (markdown: string): string =>
  markdown
    .replace(/^<!-- bioagent:\S+ -->\n?/gm, "")
    .replace(/\n{3,}/g, "\n\n")
    .replace(/^\n+|\s+$/g, "");
