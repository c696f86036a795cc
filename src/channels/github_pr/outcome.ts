import type { Delivery } from "../../ports.ts";
import { withinDay } from "../retry-after.ts";
import { strangersWords } from "../strangers-words.ts";
import type { Answer } from "./connection.ts";
import type { Refusal } from "./refusal.ts";
import { saysOf } from "./words.ts";

type Heard = Extract<Answer, { kind: "answer" }>;

/** GitHub's words for what is wrong with the channel itself, and what mends it. `CHANNEL` is filled in. */
const BROKEN: readonly (readonly [words: RegExp, remedy: string])[] = [
  [/archived so is read-only/i, "unarchive the repository, or set repo of channel CHANNEL to another"],
  [
    /not permitted to create or approve pull requests/i,
    "in the repository's or organisation's settings, Actions, General, allow GitHub Actions to create pull requests, or give channel CHANNEL a token of its own",
  ],
  [/SAML|single sign-on/i, "authorise the token of channel CHANNEL for single sign-on of the organisation"],
  [
    /not accessible by|must have (?:push|write|admin) access|permission/i,
    "give the token of channel CHANNEL Contents: write and Pull requests: write on the repository",
  ],
  [/repository is empty/i, "push a first commit to it, or set repo of channel CHANNEL to another"],
];

/** What concerns one branch or pull request only. */
const UNFIT: readonly (readonly [words: RegExp, remedy: string])[] = [
  [
    /rule violation|protected branch|through a pull request|required status/i,
    "a rule of the repository forbids it: exempt branches results/** from it, or the token's owner",
  ],
  [/is locked/i, "the conversation was locked; unlock it if results shall be told there"],
  [/"field":"base"/i, "set base of channel CHANNEL to a branch that the repository has"],
  [/no commits between/i, "the branch has nothing that base lacks; delete the branch and retry the notice"],
  [
    /reference update failed|cannot lock ref/i,
    "a branch named results may stand in its way; rename that one",
  ],
];

const DEFAULT_WAIT_SECONDS = 60;

/** What a refusal comes to. `disable` is about the channel, so only for what no other message could pass. */
export function outcomeOf(
  { answer, attempted, repeats }: Refusal,
  channel: string,
  nowSeconds: number,
): Delivery {
  if (answer.kind === "failure") return ofFailure(answer, attempted, repeats, channel);
  const said = `GitHub answered ${answer.status}${quoted(answer)} when ${attempted}`;
  if (isTooFast(answer)) return tooFast(answer, said, nowSeconds);
  if (answer.status >= 500 || answer.status === 408) return unknown(`${said}; it is tried again`, repeats);
  if (answer.status < 300) {
    return unknown(
      `${said}, but not as GitHub does: does api_url of channel ${channel} point to its API?`,
      repeats,
    );
  }
  return { kind: "permanent", ...refused(answer, said, channel) };
}

/** A race that was lost several times over. A 404 to what was just read is no race: the token may read, not write. */
export function outcomeOfRace(refusal: Refusal, channel: string, nowSeconds: number): Delivery {
  const { answer, attempted } = refusal;
  if (answer.kind === "failure" || answer.status === 404) return outcomeOf(refusal, channel, nowSeconds);
  const said = `GitHub answered ${answer.status}${quoted(answer)} when ${attempted}`;
  const reason = `${said}: others write there at the same time; it is tried again`;
  return { kind: "rejected", reason, after_seconds: null };
}

function ofFailure(
  failure: Extract<Answer, { kind: "failure" }>,
  attempted: string,
  repeats: boolean,
  channel: string,
): Delivery {
  if (failure.code === "url_refused") {
    const reason = `The api_url of channel ${channel} is refused: ${failure.text}. Set it to https://api.github.com, or https://HOST/api/v3.`;
    return { kind: "permanent", reason, disable: true };
  }
  const why = failure.code === "private_address" ? failure.text : failure.code;
  if (failure.sent)
    return unknown(`GitHub did not answer when ${attempted}: ${why}; it is tried again`, repeats);
  const reason = `GitHub was not reached when ${attempted}: ${why}. Check the network and api_url of channel ${channel}.`;
  return { kind: "rejected", reason, after_seconds: null };
}

/** A state is looked at before it is set again, so nobody sees a repeat of it; a comment may stand there unseen by us. */
const unknown = (reason: string, repeats: boolean): Delivery =>
  repeats ? { kind: "ambiguous", reason } : { kind: "rejected", reason, after_seconds: null };

/** https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api: a 403 or a 429. */
const isTooFast = (answer: Heard): boolean =>
  answer.status === 429 ||
  (answer.status === 403 &&
    ("retry-after" in answer.headers ||
      answer.headers["x-ratelimit-remaining"] === "0" ||
      /rate limit|abuse detection|submitted too quickly/i.test(saysOf(answer))));

function tooFast({ headers }: Heard, said: string, nowSeconds: number): Delivery {
  const reset = headers["x-ratelimit-remaining"] === "0" ? wholeNumber(headers["x-ratelimit-reset"]) : null;
  const seconds =
    wholeNumber(headers["retry-after"]) ??
    (reset === null ? DEFAULT_WAIT_SECONDS : reset - serverNow(headers, nowSeconds));
  const after = withinDay(seconds);
  return {
    kind: "rejected",
    reason: `${said}: its rate limit; next try in ${after} s`,
    after_seconds: after,
  };
}

/** By GitHub's own clock where it tells the time. */
function serverNow(headers: Heard["headers"], nowSeconds: number): number {
  const told = Date.parse(headers["date"] ?? "");
  return Number.isNaN(told) ? nowSeconds : Math.floor(told / 1000);
}

const wholeNumber = (text: string | undefined): number | null =>
  text !== undefined && /^\d{1,12}$/.test(text.trim()) ? Number(text) : null;

function refused(answer: Heard, said: string, channel: string): { reason: string; disable: boolean } {
  const words = saysOf(answer);
  const mend = (remedy: string, disable: boolean) => ({
    reason: `${said}: ${remedy.replaceAll("CHANNEL", channel)}`,
    disable,
  });
  const unfit = UNFIT.find(([pattern]) => pattern.test(words));
  if (unfit) return mend(unfit[1], false);
  const broken = BROKEN.find(([pattern]) => pattern.test(words));
  if (broken) return mend(broken[1], true);
  if (answer.status === 401 && words)
    return mend(
      "the token is wrong, expired or revoked; create a new one and set it as token of channel CHANNEL",
      true,
    );
  if (answer.status === 404 && words)
    return mend(
      "the repository is not there, or the token of channel CHANNEL may not see or write to it; check repo and token",
      true,
    );
  if (answer.status < 400)
    return mend(
      "the repository has moved or api_url is another's; set repo and api_url of channel CHANNEL to where it is now",
      true,
    );
  return mend(
    "check repo, token and api_url of channel CHANNEL",
    answer.status === 410 || answer.status === 451,
  );
}

/** GitHub's words, in short; a stranger's page is not quoted. */
function quoted(answer: Heard): string {
  const words = strangersWords(saysOf(answer), 100);
  return words === "" ? "" : ` "${words}"`;
}
