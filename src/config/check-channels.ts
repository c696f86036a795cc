import { didYouMeanOf } from "../core/spelling.ts";
import { checkShape, type ShapeProblem } from "../pipelines/check-shape.ts";
import { show } from "../pipelines/problem.ts";
import {
  type ChannelKinds,
  type ChannelSettings,
  hasReference,
  innerOf,
  kindOf,
  referenceProblem,
  withoutValue,
} from "./secrets.ts";

/** As they are written: what is no channel at all is a problem of the schema, and holds up no other channel's. */
type Channels = Readonly<Record<string, unknown>>;
type Path = readonly (string | number)[];

/** Always there, whatever is configured. */
export const CONSOLE: ChannelSettings = { kind: "console" };

/** What is wrong with channels as far as it is known before secrets are filled in. No message shows a value. */
export function channelProblems(channels: Channels, kinds: ChannelKinds): ShapeProblem[] {
  return Object.entries(channels).flatMap(([name, settings]) => {
    if (!isSettings(settings)) return [];
    const base = ["channels", name];
    const schema = kindOf(settings.kind, kinds);
    if (!schema) return [unknownKind(base, settings.kind, Object.keys(kinds))];
    const shape = checkShape(schema, settings).problems.flatMap((problem) =>
      fieldProblem(problem, base, settings),
    );
    return [...shape, ...referenceProblems(settings, base), ...fallbackProblems(name, settings, channels)];
  });
}

const isSettings = (it: unknown): it is ChannelSettings =>
  typeof it === "object" && it !== null && "kind" in it && typeof it.kind === "string";

/** A fallback that is no channel, or the channel itself, tells nobody; that would be found out when it is needed. */
function fallbackProblems(name: string, { fallback }: ChannelSettings, channels: Channels): ShapeProblem[] {
  if (typeof fallback !== "string") return [];
  const others = ["console", ...Object.keys(channels)].filter((other) => other !== name);
  if (others.includes(fallback)) return [];
  const wrong =
    fallback === name ? "a channel cannot stand in for itself" : `there is no channel ${show(fallback)}`;
  const hint = didYouMeanOf("channels", fallback, others);
  return [{ path: ["channels", name, "fallback"], message: `${wrong}${hint}`, at: "value" }];
}

const unknownKind = (base: Path, kind: string, kinds: readonly string[]): ShapeProblem => ({
  path: [...base, "kind"],
  message: `${show(kind)} is no kind of channel${didYouMeanOf("kinds", kind, kinds)}`,
  at: "value",
});

/** Nothing is said of values that only variables will give; what is said shows none, since it may be a secret. */
function fieldProblem(problem: ShapeProblem, base: Path, settings: ChannelSettings): ShapeProblem[] {
  const value = problem.path.reduce<unknown>(innerOf, settings);
  if (problem.at === "key") return [{ ...problem, path: [...base, ...problem.path] }];
  if (hasReference(value)) return [];
  return [{ ...problem, path: [...base, ...problem.path], message: withoutValue(problem.message, value) }];
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

/** Subscriptions to channels that do not exist, whatever else is wrong with them. */
export function subscriptionProblems(subscriptions: unknown, channels: readonly string[]): ShapeProblem[] {
  const lists = Array.isArray(subscriptions) ? (subscriptions as unknown[]).map(toOf) : [];
  return lists.flatMap((to, index) =>
    to.flatMap((channel, place): ShapeProblem[] => {
      if (typeof channel !== "string" || channels.includes(channel)) return [];
      const hint = didYouMeanOf("channels", channel, channels);
      const path = ["subscriptions", index, "to", place];
      return [{ path, message: `there is no channel ${show(channel)}${hint}`, at: "value" }];
    }),
  );
}

const toOf = (subscription: unknown): unknown[] =>
  typeof subscription === "object" &&
  subscription !== null &&
  "to" in subscription &&
  Array.isArray(subscription.to)
    ? subscription.to
    : [];
