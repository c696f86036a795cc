import { isFinalJob, isFinalRun } from "../../core/status.ts";
import type { Message, RunView } from "../../ports.ts";
import type { GithubPrConfig } from "./config.ts";
import { code } from "./markdown.ts";
import { branchOf, placeOf, type ResultsPlace, type RunMark, runMark, shortHash } from "./names.ts";
import { noticeBlock } from "./notice-block.ts";
import { type PullScene, pullBody, pullTitle } from "./pull-text.ts";
import { commentMarker, findRegion, isAhead, isDamaged, regionText, roundOf, withRegion } from "./region.ts";
import { resultsHeading, resultsText } from "./results-text.ts";

/** Everything that shall stand in the repository after this notice. */
export interface Story {
  readonly mark: RunMark;
  readonly round: number;
  /** Of the first round. */
  readonly branch: string;
  readonly place: ResultsPlace;
  readonly commitMessage: string;
  /** The file as it shall be, from what it is; null: there is none. */
  readonly fileText: (was: string | null) => string;
  readonly newPull: { readonly title: string; readonly body: string };
  /** What of the pull request shall be changed; empty: nothing. */
  readonly pullChanges: (was: { title: string; body: string | null }) => { title?: string; body?: string };
  readonly comment: { readonly marker: string; readonly body: string } | null;
  /** The same for a pull request that a person has closed before. */
  readonly closedComment: Story["comment"];
}

/** GitHub hands out the text of files up to 1 MB; of a larger one nobody could find our part again. */
export const MOST_FILE_BYTES = 1_000_000;
/** GitHub refuses longer bodies of pull requests and comments. */
const MOST_BODY_CHARS = 65_536;

const END_EVENTS: readonly string[] = ["run.completed", "run.failed", "run.cancelled"];
export const tellsEnd = (message: Message): boolean => END_EVENTS.includes(message.event);

export function storyOf(settings: GithubPrConfig, message: Message, view: RunView | null): Story {
  const mark = runMark(message.facts);
  const place = placeOf(settings, mark, view);
  const scene = { message, view, place };
  const title = pullTitle(scene);
  return {
    mark,
    round: message.round,
    branch: branchOf(mark, message),
    place,
    commitMessage: commitMessage(mark, message, view),
    fileText: (was) => fileText(scene, mark, was),
    newPull: {
      title,
      body: `${regionText(mark, pullBody(scene), { title: shortHash(title), ...roundNote(message.round), ...revNote(view) })}\n`,
    },
    pullChanges: (was) => pullChanges(scene, mark, title, was),
    comment: tellsEnd(message)
      ? commentOf(mark, message, `The results table is in ${code(place.path)} on this branch.`)
      : null,
    closedComment: tellsEnd(message) ? commentOf(mark, message, CLOSED) : null,
  };
}

/** Holds no text of other people's: what it says can close no issue and ping nobody. */
function commitMessage(mark: RunMark, message: Message, view: RunView | null): string {
  const status = view?.run.status ?? message.facts.status;
  if (view ? isFinalRun(view.run.status) : tellsEnd(message)) return `results: ${mark.id} ${endWord(status)}`;
  const ended = view?.jobs.filter((job) => isFinalJob(job.status)).length ?? 0;
  const total = view?.run.summary.total_jobs ?? 0;
  const state = ended === 0 ? "started" : `${ended} of ${total} jobs ended`;
  // A repository's checks run for the results, not for each row on the way to them.
  return `results: ${mark.id} ${state} [skip ci]`;
}

const endWord = (status: string): string => (/^[a-z]+$/.test(status) ? status : "ended");

function fileText({ message, view, place }: PullScene, mark: RunMark, was: string | null): string {
  // Without the run nothing better is known than what stands there.
  const region = was === null ? null : findRegion(was, mark.id);
  if (was !== null && region && (view === null || isAhead(region, view.run.rev))) return was;
  const heading = place.shared ? "" : resultsHeading(message);
  const full = withRegion(was ?? heading, mark, resultsText(message, view), revNote(view));
  if (Buffer.byteLength(full) <= MOST_FILE_BYTES) return full;
  return withRegion(was ?? heading, mark, resultsText(message, view, true), revNote(view));
}

/**
 * A title that people have changed stays theirs: the region remembers the hash of the one that was set last. A body without
 * our region is one out of which a person took it: it stays as it is. A damaged one gets a new one at its end.
 */
function pullChanges(
  scene: PullScene,
  mark: RunMark,
  title: string,
  was: { title: string; body: string | null },
): { title?: string; body?: string } {
  const whole = was.body ?? "";
  const region = findRegion(whole, mark.id);
  if (region === null && !isDamaged(whole, mark.id)) return {};
  if (scene.view && isAhead(region, scene.view.run.rev)) return {};
  const titleWas = region?.notes["title"] ?? "none";
  const isOurTitle = titleWas === shortHash(was.title);
  const titleNote = isOurTitle ? shortHash(title) : titleWas;
  const round = Math.max(roundOf(region), scene.message.round);
  const noted = { title: titleNote, ...roundNote(round), ...revNote(scene.view) };
  const full = withRegion(whole, mark, pullBody(scene), noted);
  const body = full.length <= MOST_BODY_CHARS ? full : withRegion(whole, mark, pullBody(scene, true), noted);
  const fits = body.length <= MOST_BODY_CHARS && body !== whole;
  return { ...(isOurTitle && title !== was.title && fits ? { title } : {}), ...(fits ? { body } : {}) };
}

const revNote = (view: RunView | null): { rev?: string } => (view ? { rev: String(view.run.rev) } : {});

const roundNote = (round: number): { round?: string } => (round > 1 ? { round: String(round) } : {});

const CLOSED = "This pull request was closed before its results table could be brought up to date.";

function commentOf(mark: RunMark, message: Message, where: string): { marker: string; body: string } {
  const marker = commentMarker(mark, message.round);
  const block = noticeBlock(message.event, message.facts, message);
  return { marker, body: `${marker}\n\n${block}\n\n${where}\n` };
}
