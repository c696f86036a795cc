import type { Chance } from "../model.ts";
import type { Rule } from "../scenario.ts";

/** A rule and how often it has met its match. */
export interface LiveRule {
  readonly rule: Rule;
  matches: number;
  hits: number;
  /** For `unavailable`: epoch milliseconds until which every match fails; null before the first. */
  until: number | null;
}

export const newLiveRule = (rule: Rule): LiveRule => ({ rule, matches: 0, hits: 0, until: null });

/** What a job or a call shows to the rules. */
export interface Subject {
  readonly method: string | null;
  readonly job: string | null;
  readonly labels: Readonly<Record<string, string>>;
}

/** Whether the rule speaks of this job or call at all; counts nothing. */
export function isAbout({ rule }: LiveRule, { method, job, labels }: Subject): boolean {
  const { match } = rule;
  if (match.method !== undefined && match.method !== method) return false;
  if (match.job !== undefined && (job === null || !globPattern(match.job).test(job))) return false;
  return Object.entries(match.label ?? {}).every(([name, value]) => labels[name] === value);
}

/** Counts a match, and says whether the rule acts on it. */
export function acts(live: LiveRule, chance: Chance): boolean {
  const { nth, times, chance: odds } = live.rule.match;
  live.matches += 1;
  if (nth !== undefined && live.matches !== nth) return false;
  if (times !== undefined && live.hits >= times) return false;
  if (odds !== undefined && chance.random() >= odds) return false;
  live.hits += 1;
  return true;
}

function globPattern(glob: string): RegExp {
  const escaped = glob.replace(/[.+^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`^${escaped.replaceAll("*", ".*").replaceAll("?", ".")}$`);
}
