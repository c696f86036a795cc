import { isFinalRun } from "../../core/status.ts";
import type { Channel, Delivery, Kept, Message } from "../../ports.ts";
import type { ChannelDeps } from "../channel-deps.ts";
import { inTime } from "../failure.ts";
import { guardedFetch } from "../guarded-fetch.ts";
import { Api } from "./api.ts";
import type { GithubPrConfig } from "./config.ts";
import { type Ask, connect } from "./connection.ts";
import type { Known } from "./find-pull.ts";
import { outcomeOf, outcomeOfRace } from "./outcome.ts";
import { previewGithubPr } from "./preview.ts";
import { publish } from "./publish.ts";
import { Raced, Refusal, Unfit } from "./refusal.ts";
import { storyOf, tellsEnd } from "./story.ts";

export interface GithubPrTimes {
  /** Of one request. */
  readonly timeoutMilliseconds: number;
  /** Of a whole delivery: shorter than the time for which it is claimed. */
  readonly limitMilliseconds: number;
  /** Between two requests that write; GitHub asks for a second. */
  readonly writeGapMilliseconds: number;
  /** Before the first new look after a lost race; then it doubles. */
  readonly raceMilliseconds: number;
}

const TIMES: GithubPrTimes = {
  timeoutMilliseconds: 10_000,
  limitMilliseconds: 60_000,
  writeGapMilliseconds: 1_000,
  raceMilliseconds: 250,
};

/** GitHub takes 80 requests a minute that make something; a delivery makes up to five. */
const PACE_MILLISECONDS = 3_000;
/** A document of 1 MiB in base64, or a hundred long comments. */
const MOST_ANSWER_BYTES = 16 * 2 ** 20;

interface Setup {
  readonly name: string;
  readonly config: GithubPrConfig;
  readonly ask: Ask;
  readonly times: GithubPrTimes;
}

/**
 * A branch, a file with a table of the jobs, and a pull request for each run; one comment at its end. Every notice brings all
 * of them to what the run is now, so that a missed or repeated one does no harm.
 */
export function openGithubPr(
  name: string,
  config: GithubPrConfig,
  deps: ChannelDeps,
  times: GithubPrTimes = TIMES,
): Channel {
  const fetch =
    deps.fetch ??
    guardedFetch({ allowPrivateUrls: deps.allowPrivateUrls, maxResponseBytes: MOST_ANSWER_BYTES });
  const { api_url: apiUrl, token } = config;
  const ask = connect({ apiUrl, token, fetch, writeGapMilliseconds: times.writeGapMilliseconds });
  return {
    name,
    kind: "github_pr",
    recipients: [name],
    paceMilliseconds: PACE_MILLISECONDS,
    preview: (message) => previewGithubPr(message, config),
    deliver: async (message) => hide(await deliver({ name, config, ask, times }, message), token.trim()),
  };
}

async function deliver(setup: Setup, message: Message): Promise<Delivery> {
  const known = knownOf(message, setup);
  // A person has ended it. A start or an end still looks, since it may have been opened again.
  if (known.closed && message.event === "run.progress") return { kind: "delivered" };
  let kept: Kept = {};
  const note = (more: Kept): void => {
    kept = { ...kept, ...more };
  };
  const outcome = await attempt(setup, message, known, note);
  return Object.keys(kept).length > 0 ? { ...outcome, keep: kept } : outcome;
}

async function attempt(
  setup: Setup,
  message: Message,
  known: Known,
  note: (known: Kept) => void,
): Promise<Delivery> {
  try {
    const view = message.test
      ? null
      : await inTime(message.view(), setup.times.limitMilliseconds / 2).catch(unread);
    // The run has ended meanwhile, and its end has a notice of its own. Without a pull request nothing was told.
    if (view && isFinalRun(view.run.status) && !tellsEnd(message) && known.pr !== undefined)
      return { kind: "delivered" };
    const story = storyOf(setup.config, message, view);
    await publish(apiOf(setup), story, known, note, setup.times.raceMilliseconds);
    return { kind: "delivered" };
  } catch (error) {
    if (error instanceof Refusal) return outcomeOf(error, setup.name, nowSeconds());
    if (error instanceof Raced) return outcomeOfRace(error.refusal, setup.name, nowSeconds());
    if (error instanceof Unread) {
      const reason = `The run could not be read from the store for channel ${setup.name}; it is tried again`;
      return { kind: "rejected", reason, after_seconds: null };
    }
    if (error instanceof Unfit) return { kind: "permanent", reason: error.message, disable: error.disable };
    const fault = error instanceof Error ? error.name : "something";
    const reason = `The pull request of channel ${setup.name} could not be made up: ${fault}, a fault of BioAgent; please report it`;
    return { kind: "permanent", reason, disable: false };
  }
}

const nowSeconds = (): number => Math.floor(Date.now() / 1000);

const apiOf = ({ name, config, ask, times }: Setup): Api =>
  new Api({
    repo: config.repo,
    base: config.base,
    channel: name,
    ask,
    timeoutMilliseconds: times.timeoutMilliseconds,
    endsAt: performance.now() + times.limitMilliseconds,
  });

/** The store's own words may hold anything. */
function unread(): never {
  throw new Unread();
}
class Unread extends Error {}

/** What was kept of another repository, before the settings changed, is worth nothing. */
function knownOf({ kept, round }: Message, { config }: Setup): Known {
  const { repo, pr, closed } = kept;
  if (repo !== config.repo || typeof pr !== "number") return {};
  return { pr, closed: closed === true && (kept["round"] ?? 1) === round };
}

const hide = (delivery: Delivery, token: string): Delivery =>
  delivery.kind === "delivered"
    ? delivery
    : { ...delivery, reason: delivery.reason.replaceAll(token, "[hidden]") };
