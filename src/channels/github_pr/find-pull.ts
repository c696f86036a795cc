import type { Pull } from "./answer-forms.ts";
import type { Api } from "./api.ts";
import { branchOfRound } from "./names.ts";
import { findRegion, roundOf } from "./region.ts";
import type { Story } from "./story.ts";

/** What is known of the pull request between two notices. Nothing depends on it: without it everything is found by looking. */
export interface Known {
  /** Its number in the repository of the settings. */
  readonly pr?: number;
  /** A person has closed or merged it, in this round of the run. */
  readonly closed?: boolean;
}

/** The run's pull request, open or closed, and the branch on which it stands, or shall stand. */
interface Found {
  readonly found: Pull | null;
  readonly branch: string;
}

/**
 * A run that is retried goes on in its pull request. If a person closed or merged that after an earlier round, the round gets
 * a branch and a pull request of its own.
 */
export async function findPull(api: Api, story: Story, known: Known): Promise<Found> {
  const pull = known.pr === undefined ? null : await api.pull(known.pr);
  const branches = branchesOf(story);
  const isKnown = pull !== null && branches.includes(pull.head.ref) && !isOfEarlierRound(pull, story);
  const found = isKnown ? pull : await searched(api, story, branches);
  if (found === null) return { found, branch: story.branch };
  if (isOfEarlierRound(found, story)) return { found: null, branch: branches[0]! };
  return { found, branch: found.head.ref };
}

/** Newest first. */
const branchesOf = ({ branch, round }: Story): readonly string[] =>
  Array.from({ length: round }, (_, at) => branchOfRound(branch, round - at));

const isOfEarlierRound = ({ state, body }: Pull, { mark, round }: Story): boolean => {
  const region = findRegion(body ?? "", mark.id);
  return state === "closed" && region !== null && roundOf(region) < round;
};

/** An open one of the branch, else a closed one that is certainly this run's. */
async function searched(api: Api, story: Story, branches: readonly string[]): Promise<Pull | null> {
  for (const branch of branches) {
    const pulls = await api.pullsOf(branch);
    const found = pulls.find(({ state }) => state === "open") ?? pulls.find((pull) => isMarked(pull, story));
    if (found) return found;
  }
  return null;
}

export const isMarked = (pull: Pull, { mark }: Pick<Story, "mark">): boolean =>
  findRegion(pull.body ?? "", mark.id)?.name === mark.name;
