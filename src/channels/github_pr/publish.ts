import type { Kept } from "../../ports.ts";
import type { Pull } from "./answer-forms.ts";
import type { Api } from "./api.ts";
import { findPull, isMarked, type Known } from "./find-pull.ts";
import type { RunMark } from "./names.ts";
import { Raced, Unfit } from "./refusal.ts";
import { findRegion, type Region } from "./region.ts";
import { MOST_FILE_BYTES, type Story } from "./story.ts";

/** Looks after a lost race. */
const MOST_LOOKS = 4;

/**
 * Brings branch, file, pull request and comment to what the story says. Each step looks before it writes, so it may be broken
 * off anywhere and begun again. `note` hears what is known as soon as it is.
 */
export async function publish(
  api: Api,
  story: Story,
  known: Known,
  note: (known: Kept) => void,
  pauseMilliseconds: number,
): Promise<void> {
  for (let look = 1; ; look++) {
    try {
      return await once(api, story, known, note);
    } catch (error) {
      if (!(error instanceof Raced) || look === MOST_LOOKS) throw error;
      await new Promise((resolve) => setTimeout(resolve, pauseMilliseconds * 2 ** look));
    }
  }
}

async function once(api: Api, story: Story, known: Known, note: (known: Kept) => void): Promise<void> {
  const { found, branch } = await findPull(api, story, known);
  if (found?.state === "closed") return tellClosed(api, story, found, note);
  const isOurs = found !== null && (found.number === known.pr || isMarked(found, story));
  const commit = await placeFile(api, story, { branch, isOurs });
  if (commit !== null) note({ commit });
  const pull = found ?? (await openPull(api, story, branch));
  note({ repo: api.repo, pr: pull.number, url: pull.html_url, branch, closed: false });
  await updatePull(api, pull, story);
  await commentOnce(api, pull, story.comment);
}

/** People write into the body, too: what is changed is what stands there now, not before the file was written. */
async function updatePull(api: Api, seen: Pull, { pullChanges }: Story): Promise<void> {
  if (isEmpty(pullChanges(seen))) return;
  const now = await api.pull(seen.number, true);
  const changes = now === null ? {} : pullChanges(now);
  if (!isEmpty(changes)) await api.updatePull(seen.number, changes);
}

const isEmpty = (changes: object): boolean => Object.keys(changes).length === 0;

/** What a person has closed is not written to any more; but whoever reads it hears of the run's end. */
async function tellClosed(api: Api, story: Story, pull: Pull, note: (known: Kept) => void): Promise<void> {
  const { round } = story;
  note({ repo: api.repo, pr: pull.number, url: pull.html_url, closed: true, round });
  await commentOnce(api, pull, story.closedComment);
}

async function commentOnce(api: Api, pull: Pull, comment: Story["comment"]): Promise<void> {
  if (comment && !(await api.hasComment(pull, comment.marker))) await api.comment(pull.number, comment.body);
}

/** The branch's commit that brought the file to what it shall be; null when it is that already. */
async function placeFile(
  api: Api,
  { place, mark, fileText, commitMessage }: Story,
  { branch, isOurs }: { branch: string; isOurs: boolean },
): Promise<string | null> {
  const head = await api.branch(branch);
  const at = head ?? (await baseHead(api));
  const file = await api.file(place.path, at);
  const region = file && findRegion(file.text, mark.id);
  if (!mayWrite(region, { mark, isOurs, isNew: head === null })) throw foreign(api, { branch, place, mark });
  const text = fileText(file?.text ?? null);
  if (text !== file?.text && Buffer.byteLength(text) > MOST_FILE_BYTES) throw api.tooLarge(place.path);
  if (head === null) return api.createBranch(branch, at, place.path, text, commitMessage);
  return text === file?.text ? null : api.putFile(branch, place.path, text, file?.sha ?? null, commitMessage);
}

/** Another run's region never; without a name (people edit) where the pull request is this run's, or its branch yet to be made. */
function mayWrite(
  region: Region | null,
  { mark, isOurs, isNew }: { mark: RunMark; isOurs: boolean; isNew: boolean },
): boolean {
  return region?.name ? region.name === mark.name : isOurs || isNew;
}

async function baseHead(api: Api): Promise<string> {
  const head = await api.branch(api.base);
  if (head !== null) return head;
  const { default_branch } = await api.repository();
  throw new Unfit(
    `Repository ${api.repo} has no branch ${api.base}: set base of channel ${api.channel} to one that it has, such as ${default_branch}`,
    { disable: true },
  );
}

const foreign = (api: Api, { branch, place, mark }: Pick<Story, "branch" | "place" | "mark">): Unfit =>
  new Unfit(
    `Branch ${branch} of ${api.repo} is not this run's: its ${place.path} is not of ${mark.name}. Delete or rename it, or give each store that reports there a channel with another repo`,
    { disable: false },
  );

/** A pull request that somebody opened meanwhile is taken; GitHub then says so by refusing a second one. */
async function openPull(api: Api, { newPull }: Story, branch: string): Promise<Pull> {
  try {
    return await api.createPull(branch, newPull.title, newPull.body);
  } catch (error) {
    const there = error instanceof Raced ? await api.openPullOf(branch) : null;
    if (there === null) throw error;
    return there;
  }
}
