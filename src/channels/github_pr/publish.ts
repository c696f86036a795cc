import type { Kept } from "../../ports.ts";
import type { Api, Pull } from "./api.ts";
import type { RunMark } from "./names.ts";
import { Raced, Unfit } from "./refusal.ts";
import { findRegion, type Region } from "./region.ts";
import type { Story } from "./story.ts";

/** What is known of the pull request between two notices. Nothing depends on it: without it everything is found by looking. */
export interface Known {
  /** Its number in the repository of the settings. */
  readonly pr?: number;
  /** A person has closed or merged it. */
  readonly closed?: boolean;
}

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
  const found = await findPull(api, story, known);
  if (found?.state === "closed") return note(closedNote(api, found));
  const commit = await placeFile(
    api,
    story,
    found !== null && (found.number === known.pr || isMarked(found, story)),
  );
  if (commit !== null) note({ commit });
  const pull = found ?? (await openPull(api, story));
  note({ repo: api.repo, pr: pull.number, url: pull.html_url, branch: story.branch, closed: false });
  const changes = story.pullChanges(pull);
  if (Object.keys(changes).length > 0) await api.updatePull(pull.number, changes);
  if (story.comment && !(await api.hasComment(pull.number, story.comment.marker)))
    await api.comment(pull.number, story.comment.body);
}

const closedNote = (api: Api, pull: Pull): Kept => ({
  repo: api.repo,
  pr: pull.number,
  url: pull.html_url,
  closed: true,
});

const isMarked = (pull: Pull, { mark }: Story): boolean =>
  findRegion(pull.body ?? "", mark.id)?.name === mark.name;

/** An open one of the branch, else a closed one that is certainly this run's. */
async function findPull(api: Api, story: Story, known: Known): Promise<Pull | null> {
  const pull = known.pr === undefined ? null : await api.pull(known.pr);
  if (pull?.head.ref === story.branch) return pull;
  const pulls = await api.pullsOf(story.branch);
  return (
    pulls.find(({ state }) => state === "open") ??
    pulls.find((candidate) => isMarked(candidate, story)) ??
    null
  );
}

/** The commit that brought the file to what it shall be; null when it is that already. */
async function placeFile(api: Api, story: Story, isOurs: boolean): Promise<string | null> {
  const { branch, place, mark } = story;
  const head = await api.branch(branch);
  const at = head ?? (await baseHead(api));
  const file = await api.file(place.path, at);
  const region = file && findRegion(file.text, mark.id);
  if (!mayWrite(region, { mark, isOurs, isNew: head === null })) throw foreign(api, story);
  const text = story.fileText(file?.text ?? null);
  if (head === null) return api.createBranch(branch, at, place.path, text, story.commitMessage);
  return text === file?.text
    ? null
    : api.putFile(branch, place.path, text, file?.sha ?? null, story.commitMessage);
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

const foreign = (api: Api, { branch, place, mark }: Story): Unfit =>
  new Unfit(
    `Branch ${branch} of ${api.repo} is not this run's: its ${place.path} is not of ${mark.name}. Delete or rename it, or give each store that reports there a channel with another repo`,
    { disable: false },
  );

/** A pull request that somebody opened meanwhile is taken; GitHub then says so by refusing a second one. */
async function openPull(api: Api, story: Story): Promise<Pull> {
  try {
    return await api.createPull(story.branch, story.newPull.title, story.newPull.body);
  } catch (error) {
    const there = error instanceof Raced ? await api.openPullOf(story.branch) : null;
    if (there === null) throw error;
    return there;
  }
}
