import type { Subscription } from "../core/run.ts";
import { didYouMean, nearest } from "../core/spelling.ts";
import { checkShape, type ShapeProblem } from "../pipelines/check-shape.ts";
import { show } from "../pipelines/problem.ts";
import { type ChannelKinds, type ChannelSettings, hasReference, referenceProblem } from "./secrets.ts";

type Channels = Readonly<Record<string, ChannelSettings>>;
type Path = readonly (string | number)[];

/** Always there, whatever is configured. */
export const CONSOLE: ChannelSettings = { kind: "console" };

/** What is wrong with channels as far as it is known before secrets are filled in. No message shows a value. */
export function channelProblems(channels: Channels, kinds: ChannelKinds): ShapeProblem[] {
  return Object.entries(channels).flatMap(([name, settings]) => {
    const base = ["channels", name];
    const schema = kinds[settings.kind];
    if (!schema) return [unknownKind(base, settings.kind, Object.keys(kinds))];
    const shape = checkShape(schema, settings).problems.flatMap((problem) =>
      fieldProblem(problem, base, settings),
    );
    return [...shape, ...referenceProblems(settings, base), ...fallbackProblems(name, settings, channels)];
  });
}

/** A fallback that is no channel, or the channel itself, tells nobody; that would be found out when it is needed. */
function fallbackProblems(name: string, { fallback }: ChannelSettings, channels: Channels): ShapeProblem[] {
  if (typeof fallback !== "string") return [];
  const others = ["console", ...Object.keys(channels)].filter((other) => other !== name);
  if (others.includes(fallback)) return [];
  const wrong =
    fallback === name ? "a channel cannot stand in for itself" : `there is no channel ${show(fallback)}`;
  const hint = didYouMean(fallback, others) || `; channels are ${[...new Set(others)].join(", ")}`;
  return [{ path: ["channels", name, "fallback"], message: `${wrong}${hint}`, at: "value" }];
}

const unknownKind = (base: Path, kind: string, kinds: readonly string[]): ShapeProblem => ({
  path: [...base, "kind"],
  message: `${show(kind)} is no kind of channel${didYouMean(kind, kinds) || `; kinds are ${kinds.join(", ")}`}`,
  at: "value",
});

/** Nothing is said of values that only variables will give; what is said shows none, since it may be a secret. */
function fieldProblem(problem: ShapeProblem, base: Path, settings: ChannelSettings): ShapeProblem[] {
  const value = problem.path.reduce<unknown>(
    (inner, key) =>
      typeof inner === "object" && inner !== null ? (inner as Record<string, unknown>)[key] : undefined,
    settings,
  );
  if (problem.at === "key") return [{ ...problem, path: [...base, ...problem.path] }];
  if (hasReference(value)) return [];
  return [{ ...problem, path: [...base, ...problem.path], message: withoutValue(problem.message, value) }];
}

function withoutValue(message: string, value: unknown): string {
  if (value === undefined || value === null || typeof value === "object") return message;
  const spellings = [show(value), JSON.stringify(value), JSON.stringify(String(value)), String(value)];
  return spellings.reduce(
    (text, spelling) => (spelling === "" ? text : text.replaceAll(spelling, "the value")),
    message,
  );
}

function referenceProblems(value: unknown, path: Path): ShapeProblem[] {
  if (typeof value === "string") {
    const message = referenceProblem(value);
    return message === null ? [] : [{ path, message, at: "value" }];
  }
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    referenceProblems(inner, [...path, Array.isArray(value) ? Number(key) : key]),
  );
}

/** Subscriptions to channels that do not exist. */
export function subscriptionProblems(
  subscriptions: readonly Subscription[],
  channels: readonly string[],
): ShapeProblem[] {
  const problems: ShapeProblem[] = [];
  for (const [index, { to }] of subscriptions.entries()) {
    for (const [place, channel] of to.entries()) {
      if (channels.includes(channel)) continue;
      const hint =
        nearest(channel, channels) === null
          ? `; channels are ${channels.join(", ")}`
          : didYouMean(channel, channels);
      problems.push({
        path: ["subscriptions", index, "to", place],
        message: `there is no channel ${show(channel)}${hint}`,
        at: "value",
      });
    }
  }
  return problems;
}
